"""Stages, each in a folder of its own name."""
