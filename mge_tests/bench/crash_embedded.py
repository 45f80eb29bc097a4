"""Runs whose own embedded database server is killed with -9 again and again, as by a system that is out of memory: each starts it anew and goes on.

Started by ``mge_tests.bench.crash --postgres SECONDS --embedded``. Of every ten victims seven are the server itself and three one of its processes, which
makes it end all connections and recover. Nobody but the run starts it again.
"""

import os
import random
import signal
import threading
from collections import Counter
from contextlib import suppress

from mge_resources.database.places import Places
from mge_resources.database.processes import all_serving, postmaster_pid
from mge_tests.bench.crash_audit import Installation

SERVER_SHARE = 0.7


class Killer:
    """Kills processes of the installation's embedded server every so many seconds, from ``start`` to ``stop``."""

    def __init__(self, where: Installation, chance: random.Random, gap: tuple[float, float]) -> None:
        self._places = Places((where.folder / "mge/postgres/data").resolve())
        self._chance, self._gap = chance, gap
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._kill)
        self.fell: Counter[str] = Counter()

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _kill(self) -> None:
        while not self._over.wait(self._chance.uniform(*self._gap)):
            server = postmaster_pid(self._places)
            if server is None:
                continue
            others = [pid for pid in all_serving(self._places) if pid != server]
            whole = not others or self._chance.random() < SERVER_SHARE
            with suppress(ProcessLookupError):
                os.kill(server if whole else self._chance.choice(others), signal.SIGKILL)
                self.fell["servers" if whole else "processes of one"] += 1
