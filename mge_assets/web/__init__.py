"""The review page and the REST API: HTTP in, one service called, HTML or JSON out. No rule of the pipeline belongs here."""
