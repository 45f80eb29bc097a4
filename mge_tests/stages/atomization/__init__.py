"""Tests of atomization."""
