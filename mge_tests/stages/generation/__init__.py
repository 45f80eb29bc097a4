"""Tests of the generation stage."""
