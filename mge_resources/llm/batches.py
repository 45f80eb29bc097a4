"""Message batches through the anthropic SDK: sent together, answered within a day, at half the price.

What belongs here: one request to the service at a time, and what its answers mean. When to send and when to look is the caller's.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import anthropic

from mge_resources.llm.answers import Cost, read_answer
from mge_resources.llm.faults import as_model_error, timed_out
from mge_resources.llm.policies import variation
from mge_resources.llm.port import BatchState, ModelError, ModelReply, ModelRequest

SECONDS = 300.0
"""For one request to the service, hundreds of megabytes of answers included."""
LISTED = 100
"""Batches looked through for one whose name was lost."""
_FINAL = {"invalid_request_error", "authentication_error", "permission_error", "not_found_error", "billing_error"}
Parameters = Callable[[ModelRequest], dict[str, Any]]


class MessageBatches:
    """The batches of one model.

    Args:
        model: as the server names it.
        name: as recorded with its calls.
        client: the client of the running event loop.
        parameters: what is sent for a request.
        cost: USD for tokens, at a batch's price.
        secret: blotted out of what errors say.
    """

    def __init__(self, model: str, name: str, client: Callable[[], anthropic.AsyncAnthropic], parameters: Parameters, cost: Cost, secret: str) -> None:
        self._model, self._name, self._client, self._parameters, self._cost, self._secret = model, name, client, parameters, cost, secret

    async def submit(self, requests: Mapping[str, ModelRequest]) -> str:
        """Send these requests, each under a name of one's own; answers the service's name of the batch. Raises ModelError."""
        headers: dict[str, str] = {}
        together: list[Any] = []
        for name, request in requests.items():
            sent = variation(self._model, request)
            headers |= sent.headers
            together.append({"custom_id": name, "params": {**self._parameters(request), **sent.body}})
        created = await self._asked(lambda batches: batches.create(requests=together, extra_headers=headers))
        return str(created.id)

    async def state(self, batch: str) -> BatchState:
        """How the batch stands. Raises ModelError."""
        return _state(await self._asked(lambda batches: batches.retrieve(batch)))

    async def cancel(self, batch: str) -> None:
        """Have the service begin no more of it; what it has begun comes to its end and is billed. Raises ModelError."""
        await self._asked(lambda batches: batches.cancel(batch))

    async def recent(self, since: datetime) -> tuple[BatchState, ...]:
        """The account's newest batches that were made since then. Raises ModelError."""
        page = await self._asked(lambda batches: batches.list(limit=LISTED))
        return tuple(state for each in page.data if (state := _state(each)).created_at >= since)

    async def answers(self, batch: str) -> Mapping[str, ModelReply | ModelError]:
        """What came of each request of an ended batch, by its name; requests that the service forgot are missing. Raises ModelError."""
        found: dict[str, ModelReply | ModelError] = {}

        async def read(batches: Any) -> None:  # noqa: ANN401 -- the SDK's resource
            async for line in await batches.results(batch):
                found[str(line.custom_id)] = self._read(line.result)

        await self._asked(read)
        return found

    async def _asked(self, ask: Callable[[Any], Any]) -> Any:  # noqa: ANN401 -- what the SDK answers
        try:
            async with asyncio.timeout(SECONDS):
                return await ask(self._client().messages.batches)
        except TimeoutError as error:
            raise timed_out(SECONDS) from error
        except Exception as error:  # broad for the same reason as in ``claude``
            raise as_model_error(error, model=self._model, secret=self._secret) from error

    def _read(self, result: Any) -> ModelReply | ModelError:  # noqa: ANN401 -- a union that grows
        kind = getattr(result, "type", "")
        if kind == "succeeded":
            try:
                return read_answer(result.message, ModelReply("", self._name, sent="batch"), self._cost)
            except ModelError as error:
                return error
        if kind == "errored":
            said = getattr(getattr(result, "error", None), "error", None)
            what, words = str(getattr(said, "type", "")), str(getattr(said, "message", ""))
            return ModelError(f"the request failed in its batch ({what}: {words})", fix="correct what it names", retryable=what not in _FINAL, unbilled=True)
        if kind in {"expired", "canceled"}:
            return ModelError(f"the request {kind} in its batch", fix="ask again", retryable=True, unbilled=True)
        return ModelError(f"the batch says {kind or 'nothing'!r} of the request", fix="ask again", retryable=True)


def _state(batch: Any) -> BatchState:  # noqa: ANN401 -- the SDK's value, unchecked
    if not isinstance(getattr(batch, "id", None), str) or not isinstance(getattr(batch, "created_at", None), datetime):
        raise ModelError("the server answered with something that is no message batch", fix="check ANTHROPIC_BASE_URL and any proxy", retryable=True)
    return BatchState(batch.id, batch.created_at, str(batch.processing_status) == "ended")
