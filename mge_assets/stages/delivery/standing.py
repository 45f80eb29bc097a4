"""What stands in the output folder before a delivery, and whether the delivery may go there."""

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mge_assets.model.errors import DeliveryError

CHANGED_FIX = "deliver elsewhere with --out, or put the files back ('git restore' in the folder, after saving the changes)"
FOREIGN_FIX = "choose a new or empty folder with --out"
_BLOCKED = "not a plain file"


def digest(content: bytes) -> str:
    """SHA-256 of the bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class Standing:
    """What the folder holds of the paths that matter: their digests; a path that is not there is missing."""

    empty: bool
    digests: Mapping[str, str]


def inspect(folder: Path, wanted: Mapping[str, str], previous: Mapping[str, str]) -> Standing:
    """Looks at the folder and refuses it where a delivery would overwrite or delete somebody's work.

    Args:
        folder: the output folder, symlinks resolved.
        wanted: digests of the files to deliver, by path.
        previous: digests of the files that the last delivery left there.

    Raises:
        DeliveryError: the folder is a file, holds other things, or holds files of ours that were changed since.
    """
    if not folder.exists():
        return Standing(empty=True, digests={})
    if not folder.is_dir():
        raise DeliveryError(f"'{folder}' is a file", fix=FOREIGN_FIX)
    others = sorted(entry.name for entry in folder.iterdir() if entry.name != ".git")
    if not others:
        return Standing(empty=True, digests={})
    found = {path: state for path in dict.fromkeys((*wanted, *previous)) if (state := found_at(folder, path))}
    _refuse_foreign(folder, others, found, wanted, previous)
    _refuse_changed(folder, found, wanted, previous)
    return Standing(empty=False, digests=found)


def _refuse_foreign(folder: Path, others: list[str], found: Mapping[str, str], wanted: Mapping[str, str], previous: Mapping[str, str]) -> None:
    """A folder is ours if it holds something of the last delivery, or all of this one: then a delivery was made, but the crash came before its record."""
    if found.keys() & previous.keys() or (wanted and all(found.get(path) == state for path, state in wanted.items())):
        return
    raise DeliveryError(f"'{folder}' is not empty and not a delivery of this plan (it holds {_some(others)})", fix=FOREIGN_FIX)


def _refuse_changed(folder: Path, found: Mapping[str, str], wanted: Mapping[str, str], previous: Mapping[str, str]) -> None:
    """A file of ours must be as we left it or as we would leave it; a file that is not ours must not be in the way."""
    changed = [
        path + ("" if path in found else " (deleted)")
        for path, left in previous.items()
        if found.get(path) not in (left, wanted.get(path))  # gone and no longer wanted is fine: None is None
    ]
    if changed:
        raise DeliveryError(f"files in '{folder}' were changed since they were delivered: {_some(changed)}", fix=CHANGED_FIX)
    in_the_way = [path for path, state in found.items() if path not in previous and state != wanted[path]]
    if in_the_way:
        raise DeliveryError(f"'{folder}' holds other files where this delivery has its own: {_some(in_the_way)}", fix="move them, or " + FOREIGN_FIX)


def _some(names: Iterable[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(f"'{name}'" for name in listed[:most]) + more


def found_at(folder: Path, path: str) -> str | None:
    """The digest of the plain file at the path, ``None`` where nothing is, or a word where something else is in its way."""
    here = folder
    *parents, name = path.split("/")
    for parent in parents:
        here /= parent
        if not os.path.lexists(here):
            return None
        if not stat.S_ISDIR(here.lstat().st_mode):
            return _BLOCKED
    here /= name
    if not os.path.lexists(here):
        return None
    return digest(here.read_bytes()) if stat.S_ISREG(here.lstat().st_mode) else _BLOCKED
