"""A request as it came in, and the atom that it names."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TAG = re.compile(r'<atom name="([^"]*)" kind="([^"]*)" language="([^"]*)" file="([^"]*)">(.*?)</atom>\s*\Z', re.DOTALL)


@dataclass(frozen=True)
class AtomTag:
    """What the last block's tag asks for."""

    name: str
    kind: str
    language: str
    file: str
    contract: str


@dataclass(frozen=True)
class Received:
    """One request: method, path, lower-case headers, the body (empty where there was none)."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    method: str = "POST"

    @property
    def tag(self) -> AtomTag | None:
        """The tag that ends the last block, or ``None``."""
        return read_tag(last_text(self.body))

    @property
    def atom(self) -> str | None:
        """The name of the atom that is asked for."""
        return self.tag.name if self.tag else None

    @property
    def text(self) -> str:
        """Every text of the request, in order."""
        return all_text(self.body)


def read_tag(text: str) -> AtomTag | None:
    """The tag at the end of a text."""
    found = _TAG.search(text)
    return AtomTag(*(html.unescape(group) for group in found.groups())) if found else None


def blocks(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A message's content, always as blocks."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def last_text(body: dict[str, Any]) -> str:
    """The text of the last block; empty where there is none."""
    try:
        return str(blocks(body["messages"][-1]["content"])[-1]["text"])
    except (KeyError, IndexError, TypeError):
        return ""


def all_text(body: dict[str, Any]) -> str:
    """Every text of a request's body, in order."""
    found = [*blocks(body.get("system") or []), *(block for message in body.get("messages", ()) for block in blocks(message["content"]))]
    return "\n".join(str(block.get("text", "")) for block in found)
