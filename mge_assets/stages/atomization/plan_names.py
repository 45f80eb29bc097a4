"""Atoms' names in a whole plan: unique in their file as they come, and unique in the plan by two rules that look at files' paths alone.

Files that share a module path (``a.js`` beside ``a.ts``, ``x.py`` beside ``x/__init__.py``) are named by their path instead. In a package's own
file, what is called like one of the package's modules (``pkg.run`` in ``pkg/__init__.py`` beside ``pkg/run.py``) is named ``pkg.__init__.run``.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from mge_assets.model.atoms import Atomization
from mge_assets.stages.atomization.naming import module_path

OWN = "__init__"


class PlanNames:
    """The names that atoms have in a plan of these files."""

    def __init__(self, files: Iterable[str]) -> None:
        self._paths = {file: module_path(file) for file in files}
        self._shared = {path for path, count in Counter(self._paths.values()).items() if count > 1}
        self._children: dict[str, set[str]] = {}
        for path in set(self._paths.values()):
            for place in (place for place, letter in enumerate(path) if letter == "."):
                above, below = path[:place], path[place + 1 :].split(".", 1)[0]
                self._children.setdefault(above, set()).add(f"{above}.{below}")

    def mark(self, file: str) -> str:
        """What the names of a file's atoms follow from, beside the file: changes when another file makes them ambiguous."""
        path = self._paths[file]
        return "\0".join([path, "shared" if path in self._shared else "", *self._below(path)])

    def named(self, cut: Atomization) -> Atomization:
        """The file's atoms under the names that they have in the plan."""
        path = self._paths[cut.file]
        below = self._below(path)
        if path not in self._shared and not below:
            return cut

        def name(given: str) -> str:
            rest = given[len(path) :]
            if path in self._shared:
                return cut.file + rest
            first = rest[1:].split(".", 1)[0].split("#", 1)[0]
            return f"{path}.{OWN}{rest}" if rest.startswith(".") and f"{path}.{first}" in below else given

        return replace(cut, atoms=tuple(replace(atom, name=name(atom.name), scope=name(atom.scope)) for atom in cut.atoms))

    def _below(self, path: str) -> tuple[str, ...]:
        """What stands directly below a module path, as modules and packages, sorted."""
        return tuple(sorted(self._children.get(path, ())))
