"""What pyan3 says of a package's calls: run in an environment that has it, so no import of ours.

    python dependency_pyan.py ROOT OUT.json

The answer is rows of caller and callee, both inside ROOT, by dotted ids; a class stands for its ``__init__``.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from pyan.analyzer import CallGraphVisitor  # type: ignore[import-not-found]

_CALLED = {"function", "method", "staticmethod", "classmethod"}


def main() -> None:
    """Ask pyan3 and write its edges."""
    root, out = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    begin = time.process_time()
    visitor = CallGraphVisitor([str(file) for file in sorted(root.rglob("*.py")) if "tests" not in file.parts], root=str(root))
    edges = {(_id(source), target) for source, used in visitor.uses_edges.items() for node in used if (target := _target(node))}
    out.write_text(json.dumps({"seconds": time.process_time() - begin, "edges": sorted(edges)}))


def _id(node: Any) -> str:
    return str(node.get_name()).removesuffix(".__init__") if _flavor(node) == "module" else str(node.get_name())


def _target(node: Any) -> str:
    if not node.defined or node.namespace is None:
        return ""
    return str(node.get_name()) if _flavor(node) in _CALLED else f"{node.get_name()}.__init__" if _flavor(node) == "class" else ""


def _flavor(node: Any) -> str:
    return str(getattr(node.flavor, "value", node.flavor)).lower()


if __name__ == "__main__":
    main()
