"""What is written at a syntax node."""

from tree_sitter import Node as Tree


def text(tree: Tree | None) -> str:
    """Source text of a syntax node; empty for none."""
    written = tree.text if tree is not None else None  # asked for once: each time it is copied out of the source
    return written.decode("utf-8", "replace") if written is not None else ""
