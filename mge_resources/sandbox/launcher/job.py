"""How a job reaches the launcher: one JSON header (its length in 8 bytes before it), then the files' bytes, one after the other."""

import json
import os
from typing import Any

_LENGTH = 8


def encode(header: dict[str, Any], files: dict[str, bytes]) -> bytes:
    """The bytes of a job; ``header`` is anything that JSON can say."""
    head = json.dumps({**header, "files": [(name, len(content)) for name, content in files.items()]}).encode()
    return b"".join((len(head).to_bytes(_LENGTH, "big"), head, *files.values()))


def read(descriptor: int) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The header and the files back from a file descriptor that can be read to its end."""
    with os.fdopen(descriptor, "rb", closefd=False) as source:
        header: dict[str, Any] = json.loads(source.read(int.from_bytes(source.read(_LENGTH), "big")))
        return header, {name: source.read(length) for name, length in header["files"]}
