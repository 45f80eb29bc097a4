"""Finds ``dagster.yaml`` and ``workspace.yaml``, in a checkout as in an installed wheel, and lays out Dagster's home.

There is one copy of each: at the top of the checkout. A wheel carries them as data files and puts them into ``share/mge``
of the environment; an editable install and a plain checkout read the top folder itself.
"""

from pathlib import Path
from uuid import uuid4

INSTANCE = "dagster.yaml"
WORKSPACE = "workspace.yaml"
_CHECKOUT = Path(__file__).resolve().parent.parent


class InstanceFileError(Exception):
    """A file that ships with MGE is not there; the message says which and what to do."""


def instance_file(name: str) -> Path:
    """The path of ``dagster.yaml`` or ``workspace.yaml``. Raises InstanceFileError where the installation lost it."""
    beside = _CHECKOUT / name
    if (_CHECKOUT / "pyproject.toml").is_file() and beside.is_file():
        return beside
    # site-packages lies somewhere below the prefix that share/mge was put into; the wheel's own list of files is wrong after `pip install --target`
    for prefix in Path(__file__).resolve().parents:
        shared = prefix / "share" / "mge" / name
        if shared.is_file():
            return shared
    raise InstanceFileError(f"{name} is missing from this installation; install mge again")


def prepare_dagster_home(home: Path) -> Path:
    """Makes ``home`` a DAGSTER_HOME with the shipped ``dagster.yaml`` in it, and answers its absolute path. Safe when several do it at once."""
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    shipped, placed = instance_file(INSTANCE).read_bytes(), home / INSTANCE
    if not placed.is_file() or placed.read_bytes() != shipped:
        fresh = home / f".{INSTANCE}.{uuid4().hex}"
        fresh.write_bytes(shipped)
        fresh.replace(placed)
    return home
