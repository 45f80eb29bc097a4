"""A small real HTTP server on 127.0.0.1 that speaks the Messages API: answers by the atom tag from reference solutions, bills, and fails on demand.

What belongs here: sockets, HTTP and the order of things. What a request may hold is in ``messages_rules``, what each fault does in ``messages_faults``.
Plain asyncio streams instead of a web framework: resets, cut bodies and slow drips need the socket itself.
"""

import asyncio
import html
import json
import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from mge_tests.fakes.messages_faults import FAULTS, Answer, Fault
from mge_tests.fakes.messages_rules import CACHE_MINIMUM, NO_EFFORT, refusal

_TAG = re.compile(r'<atom name="([^"]*)" kind="([^"]*)" language="([^"]*)" file="([^"]*)">(.*?)</atom>\s*\Z', re.DOTALL)

Solution = str | Callable[[int], str]
"""Code to answer with, or a function from how often the atom was asked for (from 1) to it."""


@dataclass(frozen=True)
class Received:
    """One request as it came in: lower-case headers, the body, and the atom that its last block names."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    atom: str | None

    @property
    def text(self) -> str:
        """Every text of the request, in order."""
        blocks = [block["text"] for message in self.body["messages"] for block in _blocks(message["content"])]
        return "\n".join([str(self.body.get("system", "")), *blocks])


@dataclass
class MessagesServer:
    """Serves while its context is open.

    Args:
        solutions: code for each atom's name; the reply wraps it in one fenced block.
        faults: names of faults (see ``messages_faults``) for the next requests, first come first served; an empty name is a good answer.
        forever: a fault for every request once ``faults`` is used up.
        key: the only key that is accepted, if any.
        latency: seconds before each answer.
    """

    solutions: Mapping[str, Solution] = field(default_factory=dict)
    faults: deque[str] = field(default_factory=deque)
    forever: str = ""
    key: str | None = None
    latency: float = 0.0
    received: list[Received] = field(default_factory=list)
    ledger: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Model and usage of every answer that is billed, whether or not the client got it."""
    in_flight: int = 0
    most_in_flight: int = 0

    def __enter__(self) -> Self:
        self._asked: Counter[str] = Counter()
        self._cached: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="messages-server", daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=1024), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
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
                    await self._respond(*request, writer)
                finally:
                    self.in_flight -= 1
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _respond(self, path: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            content = json.loads(body)
        except ValueError:
            await _send(writer, error(400, "invalid_request_error", "The request body is not valid JSON"))
            return
        tag = _TAG.search(_last_text(content))
        request = Received(path, headers, content, html.unescape(tag[1]) if tag else None)
        self.received.append(request)
        if (refused := refusal(path, headers, content, self.key)) is not None:
            await _send(writer, error(*refused))
            return
        fault = FAULTS[(self.faults.popleft() if self.faults else self.forever) or "none"]
        await self._play(fault, request, writer)

    async def _play(self, fault: Fault, request: Received, writer: asyncio.StreamWriter) -> None:
        if fault.instead is not None:
            await _send(writer, fault.instead)
            return
        await asyncio.sleep(self.latency)
        message = self._message(request)
        if fault.change:
            fault.change(message)
        if fault.billed:
            self.ledger.append((message["model"], message.get("usage") or {}))
        raw = encoded(Answer(200, json.dumps(message).encode()))
        if fault.send is not None:
            await fault.send(raw, writer)
        else:
            writer.write(raw)
            await writer.drain()

    def _message(self, request: Received) -> dict[str, Any]:
        model, text = request.body["model"], self._reply(request)
        usage = self._usage(request, text)
        head = {"id": f"msg_{len(self.received):08d}", "type": "message", "role": "assistant", "model": model}
        return head | {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": None, "usage": usage}

    def _reply(self, request: Received) -> str:
        solution = self.solutions.get(request.atom or "")
        if solution is None:
            return "I do not know this atom."
        self._asked[request.atom or ""] += 1
        code = solution if isinstance(solution, str) else solution(self._asked[request.atom or ""])
        return code if "```" in code or code.startswith("raw:") else f"```\n{code}\n```"

    def _usage(self, request: Received, text: str) -> dict[str, Any]:
        """Tokens at three bytes each; the cached prefix is written once and read from then on, where it is long enough to be cached."""
        body = request.body
        blocks = _blocks(body["messages"][-1]["content"])
        marked = [index for index, block in enumerate(blocks) if "cache_control" in block]
        prefix = str(body.get("system", "")) + "".join(block["text"] for block in blocks[: marked[-1] + 1]) if marked else ""
        rest = "".join(block["text"] for block in blocks[marked[-1] + 1 if marked else 0 :]) + ("" if marked else str(body.get("system", "")))
        cacheable, key = tokens(prefix) >= CACHE_MINIMUM, f"{body['model']}\0{prefix}"
        warm = key in self._cached
        if cacheable:
            self._cached.add(key)
        written, read = (0 if warm else tokens(prefix), tokens(prefix) if warm else 0) if cacheable else (0, 0)
        return {
            "input_tokens": tokens(rest) + (0 if cacheable else tokens(prefix)),
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": read,
            "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
            "output_tokens": max(1, tokens(text)) + (0 if body["model"].startswith(NO_EFFORT) else 20),
            "service_tier": "standard",
        }


def tokens(text: str) -> int:
    """How many tokens this server counts for a text."""
    return -(-len(text.encode()) // 3)


def error(status: int, kind: str, message: str, **details: object) -> Answer:
    """An error as the service writes it."""
    body: dict[str, Any] = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    if details:
        body["error"]["details"] = details
    return Answer(status, json.dumps(body).encode())


def encoded(answer: Answer) -> bytes:
    """The answer as bytes on the wire."""
    headers = {"content-type": "application/json", "content-length": str(len(answer.body)), "request-id": "req_1"} | dict(answer.headers)
    lines = [f"HTTP/1.1 {answer.status} X", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + answer.body


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> None:
    writer.write(encoded(answer))
    await writer.drain()


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes] | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *rest = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return first.split(" ")[1], headers, body


def _blocks(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _last_text(body: dict[str, Any]) -> str:
    try:
        return str(_blocks(body["messages"][-1]["content"])[-1]["text"])
    except (KeyError, IndexError, TypeError):
        return ""
