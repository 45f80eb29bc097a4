"""Everything that can go wrong with a call, by name: an answer instead, a changed message, or bytes that arrive badly."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any

Message = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """What happens instead of a good answer. ``billed`` says whether the service charges for it."""

    instead: Answer | None = None
    change: Callable[[Message], None] | None = None
    send: Callable[[bytes, asyncio.StreamWriter], Awaitable[None]] | None = None
    billed: bool = True


def error(status: int, kind: str, message: str, **details: object) -> Answer:
    """An error as the service writes it."""
    body: Message = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    if details:
        body["error"]["details"] = details
    return Answer(status, json.dumps(body).encode())


def _error(status: int, kind: str, message: str, headers: Mapping[str, str] | None = None, code: str = "") -> Fault:
    details = {"error_code": code} if code else {}
    return Fault(replace(error(status, kind, message, **details), headers=headers or {}), billed=False)


def _page(status: int) -> Fault:
    return Fault(Answer(status, b"<!DOCTYPE html><html><body>Gateway</body></html>", {"content-type": "text/html"}), billed=False)


def _set(**values: Any) -> Fault:
    return Fault(change=lambda message: message.update(values))


def _without(name: str) -> Fault:
    return Fault(change=lambda message: message.pop(name) and None)


def _thinking_first(message: Message) -> None:
    message["content"].insert(0, {"type": "thinking", "thinking": "", "signature": "c2ln"})


def _two_texts(message: Message) -> None:
    whole = message["content"][0]["text"]
    message["content"] = [{"type": "text", "text": whole[:5]}, {"type": "text", "text": whole[5:]}]


def _cut_short(message: Message) -> None:
    message["content"][0]["text"] = message["content"][0]["text"][:8]
    message["stop_reason"] = "max_tokens"


def _refused(message: Message) -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "no"}
    message.update(content=[], stop_reason="refusal", stop_details=details)


def _plain_counters(message: Message) -> None:
    for name in ("cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation"):
        message["usage"][name] = None


async def _reset(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    raise ConnectionResetError


async def _reset_inside(raw: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(raw[: len(raw) - 20])
    await writer.drain()
    await asyncio.sleep(0.02)
    await _reset(raw, writer)


async def _half_body(raw: bytes, writer: asyncio.StreamWriter) -> None:
    head, _, body = raw.partition(b"\r\n\r\n")
    half = body[: len(body) // 2]
    writer.write(head.replace(f"content-length: {len(body)}".encode(), f"content-length: {len(half)}".encode()) + b"\r\n\r\n" + half)
    await writer.drain()


async def _drip(raw: bytes, writer: asyncio.StreamWriter) -> None:
    for position in range(len(raw)):
        writer.write(raw[position : position + 1])
        await writer.drain()
        await asyncio.sleep(0.02)


async def _silence(_: bytes, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def _no_json(raw: bytes, writer: asyncio.StreamWriter) -> None:
    body = b"[1, 2]"
    writer.write(b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: 6\r\n\r\n" + body)
    await writer.drain()


_BUSY = (429, "rate_limit_error", "This request would exceed your rate limit")
FAULTS: dict[str, Fault] = {
    "none": Fault(),
    "429": _error(*_BUSY, {"retry-after": "2"}),
    "429 at once": _error(*_BUSY, {"retry-after": "0"}),
    "429 milliseconds": _error(*_BUSY, {"retry-after-ms": "1500", "retry-after": "2"}),
    "429 date": _error(*_BUSY, {"retry-after": formatdate(4102444800, usegmt=True)}),
    "429 nonsense": _error(*_BUSY, {"retry-after": "soon"}),
    "429 spend limit": _error(429, "rate_limit_error", "Spend limit reached", code="enforced_spend_limit_reached"),
    "529": _error(529, "overloaded_error", "Overloaded"),
    "500": _error(500, "api_error", "Internal server error"),
    "500 never": _error(500, "api_error", "Internal server error", {"x-should-retry": "false"}),
    "502 page": _page(502),
    "504": Fault(Answer(504, b'{"type":"error","error":{"type":"timeout_error","message":"timed out"}}')),
    "400": _error(400, "invalid_request_error", "messages: wrong"),
    "401": _error(401, "authentication_error", "invalid bearer token"),
    "402": _error(402, "billing_error", "payment required"),
    "403": _error(403, "permission_error", "no"),
    "404": _error(404, "not_found_error", "model: x"),
    "413": _error(413, "request_too_large", "too large"),
    "413 page": _page(413),
    "html 200": _page(200),
    "list 200": Fault(send=_no_json),
    "truncated json": Fault(send=_half_body),
    "reset": Fault(send=_reset),
    "reset inside": Fault(send=_reset_inside),
    "slow drip": Fault(send=_drip),
    "silence": Fault(send=_silence),
    "refusal": Fault(change=_refused),
    "max_tokens": Fault(change=_cut_short),
    "context window": _set(stop_reason="model_context_window_exceeded"),
    "pause": _set(stop_reason="pause_turn"),
    "no stop reason": _set(stop_reason=None),
    "new stop reason": _set(stop_reason="tired"),
    "empty": _set(content=[]),
    "empty text": _set(content=[{"type": "text", "text": ""}]),
    "no content": _without("content"),
    "no usage": _without("usage"),
    "null counters": Fault(change=_plain_counters),
    "thinking first": Fault(change=_thinking_first),
    "two texts": Fault(change=_two_texts),
}
"""Every fault by its name."""
REALISTIC = {
    "429": 0.02, "529": 0.01, "500": 0.002, "504": 0.001, "502 page": 0.001, "reset": 0.002, "reset inside": 0.002, "truncated json": 0.001,
    "max_tokens": 0.002, "empty": 0.001, "refusal": 0.0005, "pause": 0.0005, "thinking first": 0.05, "two texts": 0.01, "new stop reason": 0.001,
}  # fmt: skip
"""How often each happens in a usual hour, estimated."""
PROTOCOL = {
    "429 at once": 0.20, "529": 0.10, "silence": 0.05, "reset inside": 0.05, "truncated json": 0.05, "max_tokens": 0.05, "empty": 0.02, "html 200": 0.02,
}  # fmt: skip
"""The rates that reliability is proven at."""
