"""What a killed run leaves on the machine: processes that it started, temporary folders, control groups, locks in the database.

The bench makes itself the one that orphans come to, so that nothing that a run has started can hide. It looks, and takes nothing away.
"""

import ctypes
import os
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from mge_tests.bench.crash_audit import Installation
from mge_tests.recovery.nursery import below, groups_of
from mge_tests.services.layered import Layered

_PR_SET_CHILD_SUBREAPER = 36
PATIENCE_SECONDS = 10.0
"""How long what is left may take to end by itself."""
_LOCKS = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database WHERE locktype = 'advisory' AND datname = current_database()
"""


class Tested(Layered):
    """A layered plan with an acceptance test for each layer and one for all, so that runs use the sandbox."""

    def write(self, folder: Path) -> Path:
        """The plan's file."""
        path = super().write(folder)
        lines = []
        for line in path.read_text().splitlines():
            lines.append(line)
            if line.strip().startswith("regenerate:"):
                layer = sum("regenerate:" in each for each in lines) - 1
                lines += ["            tests: |", *(f"              {each}".rstrip() for each in self._test(layer))]
        path.write_text("\n".join(lines) + "\n")
        return path

    def _test(self, layer: int) -> list[str]:
        names = [f"f{layer}_{place}" for place in range(self.widths[layer])]
        imports = f"from layers.l{layer} import {', '.join(names)}"
        bodies = [line for name in names for line in ("", "", f"def test_{name}():", f"    assert {name}(2) - {name}(1) >= 1")]
        return [imports, *bodies]


class Leftovers:
    """Looks for what there was not before."""

    def __init__(self) -> None:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._known = set(below(os.getpid()))
        self._older = set(groups_of())  # process ids are used again
        self.seen = 0

    def know(self) -> None:
        """All that runs now belongs here."""
        self._known |= set(below(os.getpid()))

    def of(self, where: Installation, victims: list[int]) -> Counter[str]:
        """What is left of a killed run that had these processes below it."""
        self.seen += len(victims)
        until = time.monotonic() + PATIENCE_SECONDS
        while (found := self._found(where)) and time.monotonic() < until:
            time.sleep(0.1)
        for name, words in found.items():
            print(f"   left: {name}: {words}", flush=True)
        return Counter(dict.fromkeys(found, 1))

    def _found(self, where: Installation) -> dict[str, str]:
        alive = [pid for pid in below(os.getpid()) if pid not in self._known]
        folders = [path.name for path in Path(where.environment["TMPDIR"]).iterdir()]
        groups = [name for pid in where.pids for name in groups_of(pid) if name not in self._older]
        found = {"processes": " | ".join(map(_words, alive)), "temporary folders": ", ".join(folders), "control groups": ", ".join(groups)}
        with suppress(Exception):
            held = where.query(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            found["locks"] = str(held[0][0] or "")
        return {name: words for name, words in found.items() if words}


def _words(pid: int) -> str:
    with suppress(OSError):
        return f"{pid} " + Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:100]
    return str(pid)
