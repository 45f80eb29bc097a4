"""Values between two of our own processes, over a socket that nobody else has: each pickled, with its length before it."""

import asyncio
import pickle
from collections.abc import Callable
from typing import Any, cast

_HEAD = 4
"""Bytes of the length."""


def _deaf(*_: object) -> None:
    """Nobody listens any more."""


class Frames(asyncio.Protocol):
    """One end of the socket.

    Args:
        heard: told each value that comes.
        lost: told when the other end is gone.
    """

    def __init__(self, heard: Callable[[Any], None], lost: Callable[[], None]) -> None:
        self._heard, self._lost = heard, lost
        self._come = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Tell of each value that is whole."""
        come = self._come
        come += data
        while len(come) >= _HEAD and len(come) >= (end := _HEAD + int.from_bytes(come[:_HEAD], "big")):
            value = pickle.loads(come[_HEAD:end])  # noqa: S301 - both ends are ours
            del come[:end]
            self._heard(value)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other end is gone, or this one was closed."""
        self._transport = None
        lost, self._heard, self._lost = self._lost, _deaf, _deaf  # whoever listened is not held in a circle
        lost()

    @property
    def is_open(self) -> bool:
        """Whether anything can still be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, value: object) -> None:
        """Send a value; nothing where the other end is gone."""
        if self._transport is not None:
            data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
            self._transport.write(len(data).to_bytes(_HEAD, "big") + data)

    def close(self) -> None:
        """Close this end."""
        if self._transport is not None:
            self._transport.close()
