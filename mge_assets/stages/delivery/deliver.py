"""Putting a project's files into a folder: all of them or none, and never over somebody's work."""

import errno
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mge_assets.model.errors import DeliveryError
from mge_assets.stages.delivery.history import PlannedCommit, has_history, plan_commits, record
from mge_assets.stages.delivery.paths import check_paths
from mge_assets.stages.delivery.project import ProjectFile
from mge_assets.stages.delivery.staging import Stage, carry_over, rescue
from mge_assets.stages.delivery.standing import FOREIGN_FIX, digest, found_at, inspect

_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space"),
    errno.EDQUOT: ("the disk quota is used up", "free some space"),
    errno.EFBIG: ("a file would be larger than allowed", "raise the limit"),
    errno.EACCES: ("permission denied", "allow writing there, or choose another folder with --out"),
    errno.EPERM: ("permission denied", "allow writing there, or choose another folder with --out"),
    errno.EROFS: ("the file system is read-only", "choose another folder with --out"),
    errno.EBUSY: ("it is a mount point or otherwise in use", "choose a folder inside it with --out"),
    errno.EXDEV: ("it can't be replaced on this file system", "choose another folder with --out"),
    errno.ENOTDIR: ("a part of its path is a file", "choose another folder with --out"),
    errno.EEXIST: ("a part of its path is a file", "choose another folder with --out"),
    errno.ENAMETOOLONG: ("a name is too long for the file system", "shorten the file's name in the plan, or choose another folder with --out"),
    errno.ELOOP: ("a symlink leads back to itself", "choose another folder with --out"),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a delivery did.

    ``out`` is the folder, absolute and with symlinks resolved; ``digests`` are the SHA-256 of every file of the plan by path, to be handed back
    as ``previous`` next time; ``commits`` are the new commits' ids, oldest first; ``written`` and ``removed`` are the paths that changed on disk.
    """

    out: Path
    digests: Mapping[str, str]
    commits: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def unchanged(self) -> bool:
        """True where the folder and its history were already as they should be, and nothing was touched."""
        return not (self.commits or self.written or self.removed)


def deliver(files: Sequence[ProjectFile], out: Path, previous: Mapping[str, str] | None, *, when: datetime) -> Delivery:
    """Makes ``out`` hold exactly these files of ours, with a commit for each milestone that changed.

    Everything is built beside ``out`` and takes its place in one step, so that a crash leaves the old tree or the new one. What a person
    added stays, history included.

    Args:
        files: what to deliver, in plan order.
        out: the folder; it must not exist, be empty (but for a ``.git``), or hold our last delivery with our files untouched.
        previous: SHA-256 by path of what was delivered there last time; ``None`` if nothing was.
        when: the time of the commits.

    Raises:
        DeliveryError: the folder can't take the delivery; nothing was written.
    """
    owned = dict(previous or {})
    if len({file.path for file in files}) < len(files):
        raise DeliveryError("two files have the same path", fix="give every task a file of its own")
    check_paths(file.path for file in files)
    with _one_line(out):
        stage = Stage(Path(os.path.realpath(out)))
        with stage.opened():
            files = _without_peoples_own(files, stage.final, owned)
            wanted = {file.path: digest(file.content) for file in files}
            standing = inspect(stage.final, wanted, owned)
            change = _Change(
                fresh=tuple(file for file in files if standing.digests.get(file.path) != wanted[file.path]),
                dropped=tuple(path for path in owned if path not in wanted),
                commits=plan_commits(stage.final if has_history(stage.final) else None, files, tuple(owned)),
            )
            removed = tuple(path for path in change.dropped if path in standing.digests)
            if stage.final.exists() and not (change.fresh or removed or change.commits):
                return Delivery(stage.final, wanted)
            _refuse_working_folder(stage.final)
            commits = _build(stage, change, when)
            return Delivery(stage.final, wanted, commits, tuple(file.path for file in change.fresh), removed)


def check_folder(out: Path, previous: Mapping[str, str] | None) -> None:
    """Refuses, before any work is done, a folder that ``deliver`` is sure to refuse when it is. Raises DeliveryError."""
    final = Path(os.path.realpath(out))
    with _one_line(out):
        if previous or has_history(final):  # whether it is ours shows only when the files are known
            return
        inspect(final, {}, {})
        _refuse_working_folder(final)
        standing = next(place for place in (final, *final.parents) if place.exists())
        if not os.access(standing, os.W_OK | os.X_OK):
            raise DeliveryError(f"'{standing}' can't be written to", fix="choose another folder with --out, or allow writing there")


@dataclass(frozen=True, slots=True)
class _Change:
    """What a delivery has to do: files to write, paths of ours to leave behind, commits to make."""

    fresh: tuple[ProjectFile, ...]
    dropped: tuple[str, ...]
    commits: tuple[PlannedCommit, ...]


def _without_peoples_own(files: Sequence[ProjectFile], final: Path, owned: dict[str, str]) -> list[ProjectFile]:
    """The files but those that give way to what a person wrote in their place or made of ours, which is from then on not ours."""
    kept = []
    for file in files:
        stands = found_at(final, file.path) if file.gives_way else None
        theirs = stands not in (None, owned.get(file.path), digest(file.content))
        if file.gives_way and (theirs or stands is None):
            owned.pop(file.path, None)
        if not theirs:
            kept.append(file)
    return kept


def _build(stage: Stage, change: _Change, when: datetime) -> tuple[str, ...]:
    """Builds the new tree, commits in it and swaps it in. Returns the commits' ids."""
    ours = {*(file.path for file in change.fresh), *change.dropped}
    carried = carry_over(stage.final, stage.new, leave=ours) if stage.final.exists() else set()
    for file in change.fresh:
        _write(stage.new / file.path, file.content, mode_of=stage.final / file.path)
    ids = record(stage.new, change.commits, when)
    stage.swap()
    if stage.new.exists():
        rescue(stage.new, stage.final, known=carried | ours)
    return ids


def _write(path: Path, content: bytes, mode_of: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if mode_of.exists():
        shutil.copymode(mode_of, path)


def _refuse_working_folder(final: Path) -> None:
    """The folder is replaced by a new one of its name: a shell that stands in it would be left in the old one, which is gone."""
    if Path.cwd().is_relative_to(final):
        raise DeliveryError(f"'{final}' is the folder you are in, and the delivery replaces it", fix="change to another folder first, or choose another --out")


@contextmanager
def _one_line(out: Path) -> Iterator[None]:
    """Turns what the system says into one line of ours."""
    try:
        yield
    except (OSError, UnicodeError) as error:
        code = error.errno if isinstance(error, OSError) else None
        problem, fix = _REASONS.get(code or 0, (str(error), FOREIGN_FIX))
        raise DeliveryError(f"can't deliver to '{out}': {problem}", fix=fix) from error
