"""Tests of the outside world: database, sandbox, language models."""
