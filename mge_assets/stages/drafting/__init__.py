"""Drafting: the file of each task before its atoms are generated, from the plan or from beside it.

What belongs here: reading drafts and acceptance tests byte for byte, within the plan's folder, and saying which tasks have none.
"""

from mge_assets.stages.drafting.reading import Drafting, prepare_drafts, read_draft, read_tests

__all__ = ["Drafting", "prepare_drafts", "read_draft", "read_tests"]
