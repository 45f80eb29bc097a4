"""Versions of what decides stored results: raised where the same files would give others, so that stored ones are made again."""

ANALYSER_VERSION = "18"
"""Of the graph and of the waves of the same atoms."""
ATOMIZER_VERSION = "7"
"""Of how a draft is cut and described."""
