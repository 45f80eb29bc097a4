"""Claude through the anthropic SDK, or any server that speaks the Messages API. One call, one answer or one ModelError: retrying is the caller's.

The SDK is imported here and nowhere else but in ``faults``, ``answers`` and ``batches``; ``open_model`` imports this module when it is needed.
"""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import anthropic
import httpx2

from mge_resources.llm.allowances import read_allowances
from mge_resources.llm.answers import read_answer, read_body
from mge_resources.llm.batches import MessageBatches
from mge_resources.llm.connections import ClientsByLoop
from mge_resources.llm.faults import as_model_error, timed_out
from mge_resources.llm.policies import Variation, variation
from mge_resources.llm.port import Allowance, ModelReply, ModelRequest
from mge_resources.llm.prices import PriceTable, TokenUsage, price, price_table

CONNECT_SECONDS = 10.0
_PATH = "/v1/messages"
_OVERHEAD_TOKENS = 200
"""More than the service adds to a prompt of its own for roles and blocks."""
_GRACE_SECONDS = 60.0
_SLOWEST = {True: 40.0, False: 5.0}
"""Output tokens per second below which a call is given up: the slowest published Claude run was 48.8; a model on an ordinary processor makes 5–10."""


def parameters(model: str, request: ModelRequest, lifetime: str = "5m") -> dict[str, Any]:
    """What is sent for a request, whichever way it goes; ``lifetime`` is how long its prefix is to be kept, ``5m`` or ``1h``."""
    content: list[dict[str, Any]] = []
    if request.shared:
        control = {"type": "ephemeral"} if lifetime == "5m" else {"type": "ephemeral", "ttl": lifetime}
        content.append({"type": "text", "text": request.shared, "cache_control": control})
    content.append({"type": "text", "text": request.prompt})
    named = {"model": model, "max_tokens": request.max_tokens, "messages": [{"role": "user", "content": content}]}
    return {**named, "system": request.system} if request.system else named


def _today() -> date:
    return datetime.now(UTC).date()


class ClaudeModel:
    """A model behind the Messages API. Safe for many calls at once and for several event loops one after the other.

    Args:
        model: as the server names it.
        api_key: sent as bearer token; may be empty for local servers.
        base_url: without ``/v1``.
        priced: whether list prices apply; otherwise calls cost nothing and the name says ``local``.
        deadline: wall seconds for one call, whatever trickles in; computed from ``max_tokens`` if left out.
        today: the day (UTC) whose prices hold.
        table: the prices, the package's own if left out.
    """

    remote = True

    def __init__(
        self,
        model: str,
        *,
        api_key: str,
        base_url: str,
        priced: bool = True,
        deadline: float | None = None,
        today: Callable[[], date] = _today,
        table: PriceTable | None = None,
    ) -> None:
        self._model, self._key, self._base_url = model, api_key, base_url
        self._priced, self._deadline, self._today, self._table = priced, deadline, today, table or price_table()
        self._clients = ClientsByLoop(self._connected)

    @property
    def name(self) -> str:
        """The model's identifier; ``local/…`` where nothing is paid for it."""
        return self._model if self._priced else f"local/{self._model}"

    def name_of(self, attempt: int) -> str:
        """The same for every attempt."""
        return self.name

    def price_usd(self, attempt: int, usage: TokenUsage, *, batch: bool = False) -> float:
        """USD at today's price; nothing where no list price applies."""
        return price(self._model, usage, self._today(), batch=batch, table=self._table) if self._priced else 0.0

    def batches(self, attempt: int) -> MessageBatches | None:
        """Those of the service; servers of one's own have none."""
        if not self._priced:
            return None
        cost = partial(self._cost, batch=True)
        return MessageBatches(self._model, self.name, lambda: self._clients.here().first, partial(parameters, self._model, lifetime="1h"), cost, self._key)

    def reservation_usd(self, request: ModelRequest, *, batch: bool = False) -> float:
        """The most that this call can cost: every byte a token, every token written to the cache, the answer as long as it may be."""
        if not self._priced:
            return 0.0
        # 3 bytes a token is usual for code, but only 1 can never be too few; input is the cheap side, so being sure adds about a third.
        prompt = sum(len(part.encode(errors="replace")) for part in (request.system, request.shared, request.prompt)) + _OVERHEAD_TOKENS
        usage = TokenUsage(write_1h=prompt, output=request.max_tokens) if batch else TokenUsage(write_5m=prompt, output=request.max_tokens)
        return price(self._model, usage, self._today(), batch=batch, table=self._table)

    async def complete(self, request: ModelRequest) -> ModelReply:
        """The model's answer. Raises ModelError for whatever else comes back, or does not."""
        sent = variation(self._model, request)
        started, deadline = time.monotonic(), self._deadline or _GRACE_SECONDS + request.max_tokens / _SLOWEST[self._priced]
        try:
            async with asyncio.timeout(deadline):  # the SDK's own timeout starts again with each byte, so a slow drip would never end
                message, allowances = await self._send(request, sent)
        except TimeoutError as error:
            raise timed_out(deadline) from error
        except Exception as error:
            # Broad on purpose: resets inside a body, cut JSON and bad headers leave the SDK as httpx2's, json's and h11's own exceptions.
            raise as_model_error(error, model=self._model, secret=self._key) from error
        blank = ModelReply("", self.name, seconds=time.monotonic() - started, sent=sent.words, allowances=allowances)
        return read_answer(message, blank, self._cost if self._priced else None)

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        await self._clients.aclose()

    async def _send(self, request: ModelRequest, sent: Variation) -> tuple[object, tuple[Allowance, ...]]:
        """What came back, unread by the SDK: through ``messages.create``, which walks request and answer field by field, a call costs a quarter more."""
        content = json.dumps({**parameters(self._model, request), **sent.body}, ensure_ascii=False, separators=(",", ":")).encode()
        with self._clients.here().lent() as client:
            response = await client.post(_PATH, cast_to=httpx2.Response, content=content, options={"headers": sent.headers})
            return read_body(response), read_allowances(response.headers)

    def _connected(self, transport: anthropic.DefaultAsyncHttpxClient) -> anthropic.AsyncAnthropic:
        return anthropic.AsyncAnthropic(
            api_key=self._key or "none",
            base_url=self._base_url,
            max_retries=0,  # a retried call may be billed twice, so each goes through the journal
            timeout=anthropic.Timeout(None, connect=CONNECT_SECONDS),
            http_client=transport,
        )

    def _cost(self, answering: str, usage: TokenUsage, *, batch: bool = False) -> float:
        """USD at the price of the model that answered, where that has one; otherwise of the one that was asked."""
        return price(answering if self._table.known(answering) else self._model, usage, self._today(), batch=batch, table=self._table)
