"""tree-sitter queries, one file a language; each capture's meaning is told where it is read (``complexity``, ``parsing``, ``marks``)."""
