"""Clients of the SDK for many calls at once: each with a few connections of its own.

A client looks through all its connections whenever a call begins and ends: with a thousand in one client that took a fifth of an atom's processor time,
and beyond a hundred idle ones it closed them, so that each call began with a handshake.
"""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import anthropic
import httpx2

CALLS_A_CLIENT = 4
"""Calls under way at once in one client, which costs 1 ms and 100 KB once; with 16, 4 and 2 a call costs 1.09, 0.98 and 0.93 ms of processor."""
Make = Callable[[anthropic.DefaultAsyncHttpxClient], anthropic.AsyncAnthropic]


class Clients:
    """The clients of one event loop, made as they are needed."""

    def __init__(self, make: Make, context: ssl.SSLContext) -> None:
        self._make, self._context = make, context
        self._all: list[anthropic.AsyncAnthropic] = []
        self._room: dict[int, int] = {}

    @property
    def first(self) -> anthropic.AsyncAnthropic:
        """The client for what is asked one at a time."""
        return self._all[0] if self._all else self._another()[1]

    @contextmanager
    def lent(self) -> Iterator[anthropic.AsyncAnthropic]:
        """A client with room for a call, for as long as the block runs."""
        place = next(iter(self._room), None)
        if place is None:
            place = self._another()[0]
        self._take(place)
        try:
            yield self._all[place]
        finally:
            self._room[place] = self._room.get(place, 0) + 1

    async def aclose(self) -> None:
        """Close every connection."""
        for client in self._all:
            await client.close()

    def _another(self) -> tuple[int, anthropic.AsyncAnthropic]:
        client = self._make(anthropic.DefaultAsyncHttpxClient(verify=self._context))
        self._all.append(client)
        self._room[len(self._all) - 1] = CALLS_A_CLIENT
        return len(self._all) - 1, client

    def _take(self, place: int) -> None:
        self._room[place] -= 1
        if not self._room[place]:
            del self._room[place]


class ClientsByLoop:
    """The clients of each event loop; they share what is dear to make, the certificates that are trusted."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._context: ssl.SSLContext | None = None
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Clients] = WeakKeyDictionary()

    def here(self) -> Clients:
        """Those of the running loop."""
        loop = asyncio.get_running_loop()
        found = self._clients.get(loop)
        if found is None:
            self._context = self._context or httpx2.create_ssl_context()
            found = self._clients[loop] = Clients(self._make, self._context)
        return found

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        clients = self._clients.pop(asyncio.get_running_loop(), None)
        if clients is not None:
            await clients.aclose()
