"""A run's folder on a file system that others share, where the job's own words say that it is at the root."""

# pathlib would cost 3 ms at each run.
# ruff: noqa: PTH102

import os
from typing import Any

from mge_resources.sandbox.launcher import folders
from mge_resources.sandbox.launcher.place import WORK, OwnNamespaces

_MORE_BYTES = 64 << 20  # what /tmp has in namespaces


def _moved(word: str, home: str) -> str:
    """A list of paths, with those in the work folder where it really is."""
    return ":".join(home + part if part == WORK or part.startswith(WORK + "/") else part for part in word.split(":"))


class Folder(OwnNamespaces):
    """``home`` with the work folder and one for temporary files below it; making one changes the job's words to name them. Raises OSError."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.home = spec["home"]
        self.work, self.temporary = self.home + WORK, self.home + "/tmp"  # noqa: S108 - below our own folder
        for folder in (self.home, self.work, self.temporary):
            os.mkdir(folder, 0o700)
        self.watched = folders.Watched(self.home, spec["work_bytes"] + _MORE_BYTES)
        spec["command"] = [_moved(word, self.home) for word in spec["command"]]
        environment = {name: _moved(value, self.home) for name, value in spec["environment"].items()}
        # OpenSSL's settings: Node fails on a file that it sees and may not read.
        spec["environment"] = {**environment, "HOME": self.temporary, "TMPDIR": self.temporary, "OPENSSL_CONF": "/dev/null"}
