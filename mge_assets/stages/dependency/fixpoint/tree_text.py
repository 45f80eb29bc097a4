"""What is written at a syntax node."""

from tree_sitter import Node as Tree


def text(tree: Tree | None) -> str:
    """Source text of a syntax node; empty for none."""
    return "" if tree is None or tree.text is None else tree.text.decode("utf-8", "replace")
