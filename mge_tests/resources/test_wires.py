"""Connections of our own to a model: what a server may do on them, and what of it a call is told."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable

import anthropic
import httpx2
import pytest

from mge_resources.llm import wires
from mge_resources.llm.connections import Clients
from mge_resources.llm.wires import Wires

Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


class Server:
    """Speaks as it is told to; ``opened`` counts its connections."""

    def __init__(self, speak: Speak) -> None:
        self._speak, self.opened = speak, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            await self._speak(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def request_of(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))


def answering(*answers: bytes, close: bool = False) -> Speak:
    """One answer to each request of a connection, the last one again and again; ``close`` hangs up after each."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = list(answers)
        while True:
            await request_of(reader)
            writer.write(left.pop(0) if len(left) > 1 else left[0])
            await writer.drain()
            if close:
                return

    return speak


def asked(server: Server, what: Callable[[httpx2.AsyncClient, str], Awaitable[object]]) -> object:
    async def run() -> object:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        async with httpx2.AsyncClient(transport=Wires(ssl.create_default_context())) as client:
            try:
                return await what(client, f"http://127.0.0.1:{port}/")
            finally:
                listening.close()

    return asyncio.run(run())


async def post(client: httpx2.AsyncClient, url: str) -> bytes:
    return (await client.post(url, content=b"question")).content


async def twice(client: httpx2.AsyncClient, url: str) -> list[bytes]:
    first = await post(client, url)
    await asyncio.sleep(0.05)
    return [first, await post(client, url)]


def test_calls_one_after_another_share_a_connection():
    server = Server(answering(WHOLE))
    assert asked(server, twice) == [b"{}", b"{}"]
    assert server.opened == 1


def test_calls_side_by_side_have_a_connection_each():
    server = Server(answering(WHOLE))

    async def many(client: httpx2.AsyncClient, url: str) -> list[bytes]:
        return await asyncio.gather(*(post(client, url) for _ in range(20)))

    assert asked(server, many) == [b"{}"] * 20
    assert 1 < server.opened <= 20


@pytest.mark.parametrize(
    "speak",
    [
        answering(WHOLE, close=True),
        answering(WHOLE + b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"),
        answering(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"),
        answering(b"HTTP/1.0 200 OK\r\n\r\n{}", close=True),
    ],
    ids=["hung up", "said something unasked", "announced its end", "an old server"],
)
def test_a_connection_that_is_no_good_any_more_is_not_used_again(speak: Speak):
    server = Server(speak)
    assert asked(server, twice) == [b"{}", b"{}"]
    assert server.opened == 2


def test_a_connection_that_was_idle_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wires, "IDLE_SECONDS", 0.01)
    server = Server(answering(WHOLE))
    assert asked(server, twice) == [b"{}", b"{}"]
    assert server.opened == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
    ],
    ids=["after a word before it", "in chunks"],
)
def test_an_answer_is_read_however_it_is_wrapped(answer: bytes):
    assert asked(Server(answering(answer)), twice) == [b"{}", b"{}"]


def test_an_answer_larger_than_what_may_wait_is_read_whole():
    body = b"x" * (3 * wires.FULL)
    server = Server(answering(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body))
    assert asked(server, twice) == [body, body]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{", httpx2.RemoteProtocolError),
        (b"this is not HTTP\r\n\r\n", httpx2.RemoteProtocolError),
    ],
    ids=["none", "cut", "cut in a chunk", "another language"],
)
def test_an_answer_that_does_not_come_whole_is_an_error(answer: bytes, error: type[Exception]):
    with pytest.raises(error):
        asked(Server(answering(answer, close=True)), post)


def test_a_connection_that_is_reset_in_the_answer_is_an_error():
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(WHOLE[:-1])
        await writer.drain()
        writer.transport.abort()

    with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
        asked(Server(reset), post)


def test_where_nobody_listens_the_error_says_that_nothing_was_sent():
    async def elsewhere(client: httpx2.AsyncClient, url: str) -> bytes:
        return await post(client, "http://127.0.0.1:9/")

    with pytest.raises(httpx2.ConnectError):
        asked(Server(answering(WHOLE)), elsewhere)


def test_a_silent_server_is_given_up_after_the_time_that_was_set():
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def soon(client: httpx2.AsyncClient, url: str) -> None:
        await client.post(url, content=b"question", timeout=0.05)

    with pytest.raises(httpx2.ReadTimeout):
        asked(Server(silent), soon)


def test_a_call_that_is_given_up_leaves_no_connection_for_the_next():
    async def slow_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        await asyncio.sleep(0.2 if server.opened == 1 else 0)
        writer.write(WHOLE)
        await writer.drain()

    async def given_up(client: httpx2.AsyncClient, url: str) -> bytes:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(post(client, url), 0.05)
        return await post(client, url)

    server = Server(slow_once)
    assert asked(server, given_up) == b"{}"
    assert server.opened == 2


def test_behind_a_proxy_the_sdk_makes_the_connections(monkeypatch: pytest.MonkeyPatch):
    made: list[anthropic.DefaultAsyncHttpxClient] = []

    def make(client: anthropic.DefaultAsyncHttpxClient) -> anthropic.AsyncAnthropic:
        made.append(client)
        return anthropic.AsyncAnthropic(api_key="key", http_client=client)

    async def transport() -> object:
        clients = Clients(make)
        client = clients.here()
        assert client is clients.here()
        found = made[-1]._transport
        await clients.aclose()
        return found

    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert isinstance(asyncio.run(transport()), Wires)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    assert not isinstance(asyncio.run(transport()), Wires)
