"""One module a language: its node types and how its statements are described. Each exposes ``GRAMMAR``; the queries are in ``queries/``."""
