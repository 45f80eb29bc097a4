"""Clients of the SDK, one for each event loop; they share what is dear to make, the certificates that are trusted."""

import asyncio
import ssl
from collections.abc import Callable
from urllib.request import getproxies
from weakref import WeakKeyDictionary

import anthropic
import httpx2

from mge_resources.llm.wires import Wires

Make = Callable[[anthropic.DefaultAsyncHttpxClient], anthropic.AsyncAnthropic]


class Clients:
    """The clients of all event loops, made as they are needed."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._context: ssl.SSLContext | None = None
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, anthropic.AsyncAnthropic] = WeakKeyDictionary()

    def here(self) -> anthropic.AsyncAnthropic:
        """The client of the running loop."""
        loop = asyncio.get_running_loop()
        found = self._clients.get(loop)
        if found is None:
            found = self._clients[loop] = self._make(self._transport())
        return found

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()

    def _transport(self) -> anthropic.DefaultAsyncHttpxClient:
        """Our own connections; the SDK's where proxies are set, which it knows to speak to."""
        if self._context is None:
            self._context = httpx2.create_ssl_context()
        if getproxies().keys() - {"no"}:
            return anthropic.DefaultAsyncHttpxClient(verify=self._context)
        return anthropic.DefaultAsyncHttpxClient(transport=Wires(self._context))
