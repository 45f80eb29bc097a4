"""Verbs: pure functions, one folder a stage. Stages never import one another; services put them in a row."""
