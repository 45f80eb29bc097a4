"""A message as server-sent events."""

import json
from collections.abc import Iterator
from typing import Any

_PIECE = 60


def events(message: dict[str, Any]) -> bytes:
    """The whole stream of a message, its usage cumulative."""
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in _events(message))


def _events(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    usage = message.get("usage") or {}
    yield {"type": "message_start", "message": message | {"content": [], "stop_reason": None, "usage": usage | {"output_tokens": 1}}}
    yield {"type": "ping"}
    for index, block in enumerate(message.get("content", ())):
        yield {"type": "content_block_start", "index": index, "content_block": block | ({"text": ""} if block["type"] == "text" else {})}
        text = block.get("text", "")
        for start in range(0, len(text), _PIECE):
            yield {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text[start : start + _PIECE]}}
        yield {"type": "content_block_stop", "index": index}
    delta = {"stop_reason": message.get("stop_reason"), "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": usage.get("output_tokens", 0)}}
    yield {"type": "message_stop"}
