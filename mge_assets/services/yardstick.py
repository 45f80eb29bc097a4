"""What an atom is judged by: the checks, how strict they are, the acceptance tests that may reach it, its recorded cases.

Code that stands may stay only as long as it was judged by the same; what is judged by something else now is judged again, and not written again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from mge_assets.model.masterplan import Masterplan
from mge_assets.store.atoms import StoredAtom
from mge_assets.store.plans import StoredTests
from mge_assets.store.validations import VALIDATOR_VERSION
from mge_resources.settings import Strictness


@dataclass(frozen=True)
class Yardstick:
    """What the atoms of a plan are judged by today. ``tests`` are missing where none are run; ``known`` is what each was judged by last, by its name.

    ``packages`` are the folders from which tests may import, as the setting names them.
    """

    plan: Masterplan
    strictness: Strictness
    thresholds: str
    tests: StoredTests | None
    known: Mapping[str, str]
    packages: str = ""
    _marks: dict[str, str] = field(default_factory=dict)

    def mark(self, stored: StoredAtom) -> str:
        """SHA-256 in hex of what the atom is judged by: its own recorded cases, and all that its task's atoms are."""
        shared = self._shared(stored.task)
        cases = stored.atom.context.cases if self.tests else ()
        return hashlib.sha256(f"{shared}{cases}".encode(errors="replace")).hexdigest() if cases else shared

    def _shared(self, task: str) -> str:
        if task not in self._marks:
            milestone = next((each.name for each in self.plan.milestones if any(one.name == task for one in each.tasks)), "")
            texts = (self.tests.tasks.get(task, ""), self.tests.milestones.get(milestone, ""), self.tests.plan) if self.tests else ()
            packages = [f"packages {self.packages}"] if self.packages and self.tests else []
            parts = (VALIDATOR_VERSION, self.strictness.value, self.thresholds, *texts, *packages)
            self._marks[task] = hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()
        return self._marks[task]

    def holds(self, stored: StoredAtom) -> bool:
        """Whether the atom's last verdict still counts: a person's does, and where there is none, there is nothing to go by."""
        known = self.known.get(stored.atom.name)
        return stored.human_reviewed or known is None or known == self.mark(stored)
