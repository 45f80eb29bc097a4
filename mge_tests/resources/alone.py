"""The sandbox's own files, and what they import beside, where another user can read them."""

import re
import shutil
from pathlib import Path

import mge_resources

_OURS = Path(mge_resources.__file__).parent
_BESIDE = re.compile(r"^\s*(?:from|import) mge_resources\.(\w+)", re.MULTILINE)


def sandbox_alone(folder: Path) -> None:
    """Copy the sandbox into the folder, and every module of the outside world that it imports."""
    place = folder / "mge_resources"
    shutil.copytree(_OURS / "sandbox", place / "sandbox", ignore=shutil.ignore_patterns("__pycache__"))
    pending = list(place.rglob("*.py"))
    while pending:
        for name in _BESIDE.findall(pending.pop().read_text()):
            module = place / f"{name}.py"
            if name != "sandbox" and not module.exists():
                shutil.copy(_OURS / f"{name}.py", module)
                pending.append(module)
