"""A small real HTTP server on 127.0.0.1 that speaks the Messages API: answers by the atom tag from reference solutions, bills, and fails on demand.

What belongs here: sockets, HTTP and the order of things. What the service says is in ``service``, what each fault does in ``faults``.
Plain asyncio streams instead of a web framework: resets, cut bodies and slow drips need the socket itself.
"""

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from mge_tests.fakes.emulator.billing import Bill, Ledger
from mge_tests.fakes.emulator.faults import Answer, Fault, error
from mge_tests.fakes.emulator.latency import Latencies
from mge_tests.fakes.emulator.requests import Received
from mge_tests.fakes.emulator.service import BATCHES, Made, Service
from mge_tests.fakes.emulator.solving import NamedSolutions, Solution, Solver
from mge_tests.fakes.emulator.stream import events


@dataclass(slots=True)
class Stay:
    """A request and when it was at the server, in seconds of the monotonic clock; ``end`` is infinite while it is."""

    request: Received
    begin: float
    end: float = float("inf")


@dataclass
class MessagesServer:
    """Serves while its context is open.

    Args:
        solutions: code for each atom's name, or whoever finds it; the reply wraps it in one fenced block.
        faults: names of faults (see ``faults``) for the next requests, first come first served; an empty name is a good answer.
        forever: a fault for every request once ``faults`` is used up.
        rates: how likely each fault is for every other request.
        key: the only key that is accepted, if any.
        latency: seconds before each answer, beside those that ``latencies`` draws; or what tells them of a request.
        limits: ``requests``, ``input-tokens`` and ``output-tokens`` a minute.
        burst: seconds' worth of a limit that may be taken at once.
        batch_seconds, batch_troubles: how long a batch takes, and the share of its requests that are ``expired``, ``errored`` or ``missing``.
        batch_faults: of the next batches: ``reset`` after it was taken in, or a fault in place of it.
        seed: of every draw.
        port: 0 for a free one.
    """

    solutions: Mapping[str, Solution] | Solver = field(default_factory=dict)
    faults: deque[str] = field(default_factory=deque)
    forever: str = ""
    rates: Mapping[str, float] = field(default_factory=dict)
    key: str | None = None
    latency: float | Callable[[Received], float] = 0.0
    latencies: Latencies = field(default_factory=Latencies)
    limits: Mapping[str, float] = field(default_factory=dict)
    burst: float = 60.0
    batch_seconds: float = 0.0
    batch_troubles: Mapping[str, float] = field(default_factory=dict)
    batch_faults: deque[str] = field(default_factory=deque)
    seed: int = 0
    port: int = 0
    received: list[Received] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    """Every answer that is billed, whether or not the client got it."""
    stays: list[Stay] = field(default_factory=list)
    """Every message that was asked for, and how long it took."""
    in_flight: int = 0
    most_in_flight: int = 0

    def __enter__(self) -> Self:
        solver = NamedSolutions(self.solutions) if isinstance(self.solutions, Mapping) else self.solutions
        self.service = Service(
            solver=solver,
            ledger=self.ledger,
            latencies=self.latencies,
            limits=self.limits,
            burst=self.burst,
            batch_seconds=self.batch_seconds,
            batch_troubles=self.batch_troubles,
            seed=self.seed,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="messages-server", daemon=True)
        self._thread.start()
        opened = asyncio.start_server(self._connection, "127.0.0.1", self.port, backlog=2048)
        self._server = asyncio.run_coroutine_threadsafe(opened, self._loop).result(60)
        self.service.base_url = self.url
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()

    @property
    def url(self) -> str:
        """The base URL for a client."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _shut(self) -> None:
        self._server.close()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read_request(reader)) is not None:
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                try:
                    await self._respond(*request, reader, writer)
                finally:
                    self.in_flight -= 1
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _respond(self, method: str, path: str, headers: dict[str, str], body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            content = json.loads(body) if body else {}
        except ValueError:
            await _send(writer, error(400, "invalid_request_error", "The request body is not valid JSON"))
            return
        request = Received(path, headers, content, method)
        if not path.startswith("/__"):
            self.received.append(request)
        if self.batch_faults and method == "POST" and path.split("?", maxsplit=1)[0] == BATCHES:
            await self._spoilt_batch(self.batch_faults.popleft(), request, writer)
            return
        answer = self.service.refused(request, self.key) or self.service.beside(request)
        if answer is None:
            name = (self.faults.popleft() if self.faults else self.forever) or self.service.drawn_fault(request, self.rates)
            fault = self.service.fault(name)
            answer = fault.instead or self.service.limited(request)
            if answer is None:
                await self._message(request, name, fault, reader, writer)
                return
        await _send(writer, answer)

    async def _spoilt_batch(self, name: str, request: Received, writer: asyncio.StreamWriter) -> None:
        """A batch that is taken in and not confirmed, or refused."""
        fault = self.service.fault(name)
        if fault.instead is not None:
            await _send(writer, fault.instead)
            return
        self.service.beside(request)
        assert fault.send is not None
        await fault.send(b"", writer)

    async def _message(self, request: Received, name: str, fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made = self.service.message(request)
        own = self.latency(request) if callable(self.latency) else self.latency
        stay = Stay(request, time.monotonic())
        self.stays.append(stay)
        try:
            await asyncio.sleep(own + made.seconds(self.in_flight))
        finally:
            stay.end = time.monotonic()
        made.begin()
        self.service.give_back(request, made.usage)
        if fault.change:
            fault.change(made.message)
        gone = reader.at_eof()
        if fault.billed:
            lost = gone or fault.send is not None or "usage" not in made.message
            self.ledger.bills.append(Bill(made.message["model"], made.usage, made.atom, name, arrived=not lost))
        await _write(request, made, fault, self.service.headers(), writer)


async def _write(request: Received, made: Made, fault: Fault, headers: Mapping[str, str], writer: asyncio.StreamWriter) -> None:
    if request.body.get("stream"):
        answer = Answer(200, events(made.message), {**headers, "content-type": "text/event-stream"})
    else:
        answer = Answer(200, json.dumps(made.message).encode(), headers)
    if fault.send is not None:
        await fault.send(encoded(answer), writer)
    else:
        await _send(writer, answer)


def encoded(answer: Answer) -> bytes:
    """The answer as bytes on the wire."""
    headers = {"content-type": "application/json", "content-length": str(len(answer.body)), "request-id": "req_1"} | dict(answer.headers)
    lines = [f"HTTP/1.1 {answer.status} X", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + answer.body


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> None:
    writer.write(encoded(answer))
    await writer.drain()


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], bytes] | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *rest = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, *_ = first.split(" ")
    return method, path, headers, body
