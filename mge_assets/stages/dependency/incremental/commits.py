"""The files of a folder as they were at a commit, read from the repository that holds it, without a git program."""

from pathlib import Path, PurePosixPath

from dulwich.errors import NotGitRepository
from dulwich.objects import Blob, Commit, ObjectID
from dulwich.objectspec import parse_commit, parse_object
from dulwich.repo import Repo

from mge_assets.model.errors import NotFoundError
from mge_assets.stages.dependency.reading import looked_at


def read_commit(folder: Path, reference: str) -> dict[str, bytes]:
    """The files that analysis looks at, by path relative to the folder, as a commit, branch or tag has them.

    Raises NotFoundError where the folder is in no repository, or the repository has no such commit.
    """
    try:
        repository = Repo.discover(str(folder.resolve()))
    except NotGitRepository:
        raise NotFoundError(f"{folder} is in no git repository", fix="give --since a folder under git, or a plan") from None
    with repository:
        tree = _tree(repository, reference.encode())
        if tree is None:
            raise NotFoundError(f"the repository of {folder} has no commit {reference!r}", fix="give a commit, a branch or a tag that it has")
        root = PurePosixPath(folder.resolve().relative_to(Path(repository.path).resolve()).as_posix())
        found: dict[str, bytes] = {}
        for entry in repository.object_store.iter_tree_contents(tree):
            path = PurePosixPath((entry.path or b"").decode(errors="surrogateescape"))
            if not path.is_relative_to(root) or not looked_at(path.relative_to(root)):
                continue
            blob = repository.object_store[entry.sha] if entry.sha else None
            if isinstance(blob, Blob):
                found[path.relative_to(root).as_posix()] = blob.data
    return dict(sorted(found.items()))


def _tree(repository: Repo, reference: bytes) -> ObjectID | None:
    """The tree of a commit, also of one that is told by its distance (``HEAD~3``)."""
    for read in (parse_commit, parse_object):
        try:
            found = read(repository, reference)
        except (KeyError, ValueError):
            continue
        if isinstance(found, Commit):
            tree: ObjectID = found.tree
            return tree
    return None
