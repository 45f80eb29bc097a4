"""Tests of MGE, in the folders of what they test."""
