"""The review page and the API over real HTTP."""
