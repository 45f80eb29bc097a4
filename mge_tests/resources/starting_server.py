"""A server that says to some who come that it is still starting, and is a real one to all others."""

import asyncio
import threading
from collections.abc import Container, Iterator
from contextlib import contextmanager

from sqlalchemy import make_url

_STARTING = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
_STARTUP = b"E" + (len(_STARTING) + 4).to_bytes(4) + _STARTING


@contextmanager
def starting_server(url: str, refused: Container[int]) -> Iterator[tuple[str, list[str]]]:
    """The URL of a stand-in for the server at ``url``, and what became of each connection: ``refused`` those of these numbers, ``passed on`` the others."""
    target, told = make_url(url), list[str]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.append("refused" if len(told) in refused else "passed on")
        if told[-1] == "refused":
            await reader.read(4096)
            writer.write(_STARTUP)
            writer.close()
            return
        from_server, to_server = await asyncio.open_connection(target.host, target.port)
        await asyncio.gather(_pass_on(reader, to_server), _pass_on(from_server, writer))

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(answer, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    own = target.set(host="127.0.0.1", port=server.sockets[0].getsockname()[1]).update_query_dict({"sslmode": "disable"})
    try:
        yield own.render_as_string(hide_password=False), told
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)
