"""A stand-in for the database server that loses one answer: the server has done what it was asked to, and whoever asked never hears of it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import make_url


@dataclass
class LosingServer:
    """Where it listens, and the words whose answers it is still to lose; ``lost`` are those that it has."""

    url: str
    to_lose: list[bytes] = field(default_factory=list)
    lost: list[bytes] = field(default_factory=list)

    def lose(self, words: str, times: int = 1) -> None:
        """Lose the answers to the next messages that hold these words."""
        self.to_lose += [words.encode()] * times


@contextmanager
def losing_server(url: str) -> Iterator[LosingServer]:
    """A stand-in for the server at ``url``."""
    target, told = make_url(url), LosingServer("")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        folder = target.query.get("host")
        port = target.query.get("port") or target.port or 5432
        if folder:
            from_server, to_server = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        else:
            from_server, to_server = await asyncio.open_connection(target.host, int(str(port)))
        losing = asyncio.Event()
        await asyncio.gather(_ask(reader, to_server, told, losing), _answer(from_server, writer, losing), return_exceptions=True)

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(answer, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    own = target.set(host="127.0.0.1", port=server.sockets[0].getsockname()[1], query={}).update_query_dict({"sslmode": "disable", "gssencmode": "disable"})
    told.url = own.render_as_string(hide_password=False)
    try:
        yield told
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _ask(reader: asyncio.StreamReader, server: asyncio.StreamWriter, told: LosingServer, losing: asyncio.Event) -> None:
    while data := await reader.read(1 << 20):
        for words in told.to_lose:
            if words in data:
                told.to_lose.remove(words)
                told.lost.append(words)
                losing.set()
                break
        server.write(data)
    server.close()


async def _answer(server: asyncio.StreamReader, client: asyncio.StreamWriter, losing: asyncio.Event) -> None:
    while data := await server.read(1 << 20):
        if losing.is_set():
            break  # what was asked for is done
        client.write(data)
    client.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)
