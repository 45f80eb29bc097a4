"""Hostile input of every kind."""
