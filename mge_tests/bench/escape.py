"""The escape corpus in full: every attempt, under every isolation that is here, as this user and as an ordinary one.

``python -m mge_tests.bench.escape`` prints a line for each: attempts contained, controls that show real attempts, what changed on the host.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import mge_resources
from mge_resources.sandbox.isolations import find_bubblewrap
from mge_resources.sandbox.launcher import landlock
from mge_tests.resources.alone import sandbox_alone

_ORDINARY = 54321
_LEVELS = ("namespaces", "cold", "bwrap", "landlock")
_PYTHONS = tuple(f"/usr/bin/python3.{minor}" for minor in (13, 12, 11))


def ordinary_python() -> str | None:
    """An interpreter that every user can read."""
    return next((path for path in _PYTHONS if Path(path).exists()), None)


def copied(folder: Path) -> Path:
    """What the corpus needs, where every user can read it."""
    root = Path(mge_resources.__file__).parent.parent
    sandbox_alone(folder)
    shutil.copytree(root / "mge_tests" / "security", folder / "mge_tests" / "security")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def proven(level: str, *words: str, user: int | None = None, folder: Path | None = None) -> dict[str, object]:
    """The corpus's own report, run in a process of its own, perhaps as another user with what ``folder`` holds."""
    python, path = (ordinary_python() or "", str(folder)) if folder else (sys.executable, str(Path(mge_resources.__file__).parent.parent))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [python, "-m", "mge_tests.security.escapes", level, *words], env=environment, cwd="/", user=user, group=user, extra_groups=() if user else None,
        capture_output=True, text=True, check=False, timeout=1800,
    )  # fmt: skip
    try:
        found: dict[str, object] = json.loads(done.stdout)
    except ValueError:
        return {"attempts": 0, "bad": [done.stderr.strip()[-300:]], "changes": []}
    return found


def main() -> None:
    """Print the table; exit code 1 where anything escaped or changed."""
    failed = False
    with tempfile.TemporaryDirectory(prefix="mge-escape-") as scratch:
        users: list[tuple[str, int | None, Path | None]] = [("root" if os.geteuid() == 0 else "this user", None, None)]
        everybody = copied(Path(scratch)) if os.geteuid() == 0 and ordinary_python() else None
        if everybody:
            users.append(("an ordinary user", _ORDINARY, everybody))
        for name, user, folder in users:
            for level in _LEVELS:
                if level == "bwrap" and find_bubblewrap() is None:
                    print(f"{name}, {level}: not run, bubblewrap is not installed")
                    continue
                if level == "landlock" and (landlock.version() < landlock.LEAST_VERSION or (user or os.geteuid()) == 0):
                    print(f"{name}, {level}: not run, it is not for root and needs Linux 6.12")
                    continue
                # As root bubblewrap is started under a uid that owns nothing, so the interpreter must be one that everybody can read.
                report = proven(level, *(["controls"] if level == "namespaces" else []), user=user, folder=everybody if level == "bwrap" else folder)
                failed = failed or bool(report["bad"] or report["changes"]) or not report["attempts"]
                print(
                    f"{name}, {level}: {report.get('contained', 0)} of {report['attempts']} contained, {report.get('controls', 0)} controls work outside",
                    flush=True,
                )
                for line in [*report["bad"], *report["changes"]]:  # type: ignore[misc]  # a list of lines, as the corpus prints it
                    print("   ", line, flush=True)
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
