"""Bytes of files beside the plan: never from outside of its folder, never more than the limit, never a binary."""

from pathlib import Path

from mge_assets.model.errors import DraftError, Place

MAX_BYTES = 32 << 20
"""Largest draft taken."""


def read_beside(source: str, folder: Path, what: str) -> bytes:
    """The exact bytes of the file ``source`` in the plan's folder; ``what`` names it in errors. Raises DraftError."""
    place = Place(str(folder / source).replace("\0", "\\0"))
    path = _inside(source, folder, what, place)
    try:
        if path.is_dir():
            raise DraftError(f"{what} is a folder", fix="name a file in it", place=place)
        if not path.exists():
            raise DraftError(f"{what} is missing", fix="put the file there, or correct the path (it is relative to the plan file)", place=place)
        if not path.is_file():
            raise DraftError(f"{what} is not a plain file", fix="name a plain file", place=place)
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DraftError(f"{what} can't be read ({error.strerror})", fix="check the file's rights", place=place) from error
    return checked(content, what, place)


def checked(content: bytes, what: str, place: Place | None = None) -> bytes:
    """The bytes, where they can be a source text. Raises DraftError for binaries and for what is over the limit."""
    if len(content) > MAX_BYTES:
        raise DraftError(f"{what} is over {MAX_BYTES >> 20} MB", fix="split it into smaller files", place=place)
    if b"\0" in content:
        raise DraftError(f"{what} is binary: it holds a NUL byte at {content.index(0)}", fix="give a source text", place=place)
    return content


def _inside(source: str, folder: Path, what: str, place: Place) -> Path:
    """The resolved path, which lies in the folder also after every symbolic link is followed."""
    outside = DraftError(f"{what} lies outside of the plan's folder", fix="copy it beside the plan and name it relative to the plan file", place=place)
    if "\0" in source:
        raise DraftError(f"{what} has a NUL character in its path", fix="correct the path", place=place)
    if Path(source).is_absolute():
        raise outside
    try:
        root = folder.resolve()
        path = (root / source).resolve()
    except (OSError, RuntimeError) as error:  # a loop of links
        raise DraftError(f"{what} can't be followed ({error})", fix="name the file itself", place=place) from error
    if not path.is_relative_to(root):
        raise outside
    return path
