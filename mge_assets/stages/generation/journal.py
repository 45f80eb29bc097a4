"""What the attempt loop asks of whoever keeps the accounts."""

import hashlib
import json
from dataclasses import astuple, replace
from typing import Protocol
from uuid import UUID

from mge_resources.llm.port import ModelError, ModelReply, ModelRequest


class CallJournal(Protocol):
    """Every call that leaves this process has an entry: booked before it is sent, settled or failed after."""

    async def reserve(self, atom: str, model: str, request: ModelRequest, usd: float) -> UUID | ModelReply:
        """Book the most that a call can cost and make it durable, once the server's limits leave room for it and its prefix is cached.

        Answers the call's id, or the answer itself where the very same was asked before.

        Whatever it raises, the call is not sent.
        """
        ...

    async def settle(self, call_id: UUID, reply: ModelReply, error: ModelError | None = None) -> None:
        """Replace the reservation by the bill; ``error`` says why the answer can't be used."""
        ...

    async def fail(self, call_id: UUID, error: str, known_unbilled: bool) -> None:
        """Close a call without a bill; unless it is known to have cost nothing, its reservation stays counted."""
        ...


def request_digest(request: ModelRequest) -> str:
    """SHA-256 in hex of all that is sent."""
    return hashlib.sha256(json.dumps(astuple(replace(request, draft=None))).encode()).hexdigest()
