"""The git history of a delivered folder: one commit a milestone, made without a git program.

Objects, reference and index are written directly, so that no hook and no configuration of the user's takes part.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dulwich.index import Index, commit_tree, index_entry_from_stat
from dulwich.object_format import SHA1
from dulwich.object_store import MemoryObjectStore
from dulwich.objects import Blob, Commit, ObjectID
from dulwich.refs import HEADREF
from dulwich.repo import Repo

from mge_assets.model.errors import DeliveryError
from mge_assets.stages.delivery.project import ProjectFile

AUTHOR = b"MGE <mge@localhost>"
REMOVAL = "Remove what the plan no longer has"
_FILE_MODE = 0o100644
_EXCLUDE = b"# What running the project leaves behind.\n__pycache__/\n*.pyc\n.pytest_cache/\nnode_modules/\n"

_Entries = dict[bytes, tuple[int, ObjectID]]


@dataclass(frozen=True, slots=True)
class PlannedCommit:
    """A commit to make: its message, the files that it adds or changes, and the paths that it takes away."""

    message: str
    files: tuple[ProjectFile, ...] = ()
    removed: tuple[str, ...] = ()


def has_history(folder: Path) -> bool:
    """True where the folder has a git repository of its own. Raises DeliveryError where its ``.git`` only points elsewhere or git is at work."""
    control = folder / ".git"
    if not os.path.lexists(control):
        return False
    if control.is_symlink() or not control.is_dir():
        raise DeliveryError(f"'{control}' points to a repository elsewhere", fix="choose another folder with --out")
    if (control / "index.lock").exists():
        raise DeliveryError(f"git is at work in '{folder}' ('.git/index.lock' exists)", fix="wait for it, or remove the file if no git runs")
    return True


def plan_commits(folder: Path | None, files: Sequence[ProjectFile], owned: Sequence[str]) -> tuple[PlannedCommit, ...]:
    """The commits that bring the history in ``folder`` (``None``: there is none yet) to these files, in plan order; none where it is there already.

    Args:
        folder: the folder whose ``.git`` holds the history so far.
        files: what the plan delivers; milestones follow in the order of their first file.
        owned: the paths of the last delivery; those that the plan no longer has are removed first.
    """
    before: Mapping[bytes, tuple[int, ObjectID]] = {}
    if folder:
        with _opened(folder) as repository:
            before = _entries(repository, _head(repository))
    commits = []
    if gone := _gone(before, files, owned):
        lines = "\n".join(f"- {path}" for path in gone)
        commits.append(PlannedCommit(f"{REMOVAL}\n\n{lines}\n", removed=gone))
    for milestone in dict.fromkeys(file.milestone for file in files):
        mine = tuple(file for file in files if file.milestone == milestone)
        if changed := tuple(file for file in mine if before.get(os.fsencode(file.path), (0, b""))[1] != Blob.from_string(file.content).id):
            commits.append(PlannedCommit(_message(milestone, changed), changed))
    return tuple(commits)


def record(folder: Path, commits: Sequence[PlannedCommit], when: datetime) -> tuple[str, ...]:
    """Makes the commits in ``folder``, on the branch that is checked out, and brings the index up to date. Returns the commits' ids, oldest first.

    A folder without a repository gets one, on branch ``main``. Author, committer and time depend on the arguments alone.
    """
    if not has_history(folder):
        _init(folder)
    with _opened(folder) as repository:
        head = parent = _head(repository)
        entries = _entries(repository, head)
        new, ids = MemoryObjectStore(), []
        for commit in commits:
            parent = _add_commit(new, entries, commit, parent, int(when.timestamp()))
            ids.append(parent.decode())
        repository.object_store.add_objects([(new[name], None) for name in new])
        if parent and ids and not repository.refs.set_if_equals(HEADREF, head, parent, AUTHOR, int(when.timestamp()), 0, b"commit: delivered by MGE"):
            raise DeliveryError(f"somebody committed to '{folder}' meanwhile", fix="deliver again")
        _write_index(folder, commits, entries)
        return tuple(ids)


def _message(milestone: str, files: Sequence[ProjectFile]) -> str:
    tasks = dict.fromkeys(file.task for file in files if file.task)
    return f"{milestone}\n" + ("\nTasks:\n" + "".join(f"- {task}\n" for task in tasks) if tasks else "")


@contextmanager
def _opened(folder: Path) -> Iterator[Repo]:
    try:
        with closing(Repo(folder)) as repository:
            yield _sha1_only(repository)
    except (DeliveryError, OSError):
        raise
    except Exception as error:  # a repository that somebody else made can be broken in any way
        reason = str(error) or type(error).__name__
        raise DeliveryError(f"the repository in '{folder}' can't be used: {reason}", fix="mend it, or choose another folder with --out") from error


def _sha1_only(repository: Repo) -> Repo:
    if repository.object_format in {None, SHA1}:
        return repository
    raise DeliveryError(f"the repository in '{repository.path}' does not use SHA-1", fix="choose another folder with --out")


def _init(folder: Path) -> None:
    Repo.init(folder, default_branch=b"main").close()
    exclude = folder / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_bytes(_EXCLUDE)


def _head(repository: Repo) -> ObjectID | None:
    try:
        return repository.head()
    except KeyError:
        return None


def _entries(repository: Repo, head: ObjectID | None) -> _Entries:
    """Every file of the commit: mode and blob by path."""
    if head is None:
        return {}
    commit = repository[head]
    assert isinstance(commit, Commit)
    return {entry.path: (entry.mode, entry.sha) for entry in repository.object_store.iter_tree_contents(commit.tree)}


def _gone(before: Mapping[bytes, tuple[int, ObjectID]], files: Sequence[ProjectFile], owned: Sequence[str]) -> tuple[str, ...]:
    """Committed paths that the plan no longer has, or that stand where it needs a folder or a file now."""
    paths, left = {file.path for file in files}, set(owned)
    folders = {parent for path in paths for parent in _parents(path)}
    return tuple(
        path
        for path in map(os.fsdecode, before)
        if path not in paths and (path in left or path in folders or any(parent in paths for parent in _parents(path)))
    )


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _add_commit(store: MemoryObjectStore, entries: _Entries, planned: PlannedCommit, parent: ObjectID | None, seconds: int) -> ObjectID:
    """Applies the planned commit to ``entries`` and adds its blobs, trees and itself to the store."""
    for gone in planned.removed:
        del entries[os.fsencode(gone)]
    for file in planned.files:
        blob, path = Blob.from_string(file.content), os.fsencode(file.path)
        store.add_object(blob)
        entries[path] = (entries[path][0] if path in entries else _FILE_MODE, blob.id)
    commit = Commit()
    commit.tree = commit_tree(store, [(path, sha, mode) for path, (mode, sha) in entries.items()])
    commit.parents = [parent] if parent else []
    commit.author = commit.committer = AUTHOR
    commit.author_time = commit.commit_time = seconds
    commit.author_timezone = commit.commit_timezone = 0
    commit.message = planned.message.encode()
    store.add_object(commit)
    return commit.id


def _write_index(folder: Path, commits: Sequence[PlannedCommit], entries: _Entries) -> None:
    """Brings the committed files' entries up to date; what a person staged beside them stays."""
    index = Index(folder / ".git" / "index")
    for commit in commits:
        for path in map(os.fsencode, commit.removed):
            if path in index:
                del index[path]
        for file in commit.files:
            path = os.fsencode(file.path)
            mode, sha = entries[path]
            index[path] = index_entry_from_stat((folder / file.path).lstat(), sha, mode)
    index.write()
