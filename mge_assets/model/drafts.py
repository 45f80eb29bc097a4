"""Drafts: what a task's file looks like before its atoms are generated."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from mge_resources.syntax import Language


class DraftOrigin(StrEnum):
    """Where a draft comes from: written in the plan, read from a file beside it, or made by the model as a contract."""

    CODE = "code"
    SOURCE = "source"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class Draft:
    """The file of one task: its exact bytes and where they come from."""

    task: str
    file: str
    language: Language
    content: bytes
    origin: DraftOrigin

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, in hex."""
        return hashlib.sha256(self.content).hexdigest()
