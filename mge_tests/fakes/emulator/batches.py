"""Message batches: kept until they are due, answered in any order, at half the price."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Result = dict[str, Any]
Answer = Callable[[dict[str, Any], str, str], Result]
"""From a request's parameters, its custom id and the API version to ``{"type": "succeeded", "message": …}`` or ``{"type": "errored", "error": …}``."""
_DAY = timedelta(hours=24)
_TROUBLES: dict[str, Result] = {
    "expired": {"type": "expired"},
    "errored": {"type": "errored", "error": {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_1"}},
}


@dataclass
class Batch:
    """One batch: its requests, when it is due on the server's clock, and its results once it has ended."""

    identifier: str
    requests: list[dict[str, Any]]
    due: float
    created: datetime
    version: str
    results: list[dict[str, Any]] = field(default_factory=list)
    ended: datetime | None = None
    canceled: datetime | None = None

    def public(self, base_url: str) -> dict[str, Any]:
        """As the service shows it: counts stay 0 and there is no address for results until the whole batch has ended."""
        kinds = [result["result"]["type"] for result in self.results]
        counts = {kind: kinds.count(kind) for kind in ("succeeded", "errored", "canceled", "expired")}
        status = "ended" if self.ended else "canceling" if self.canceled else "in_progress"
        return {
            "id": self.identifier,
            "type": "message_batch",
            "processing_status": status,
            "request_counts": {"processing": 0 if self.ended else len(self.requests)} | counts,
            "created_at": _stamp(self.created),
            "expires_at": _stamp(self.created + _DAY),
            "ended_at": _stamp(self.ended) if self.ended else None,
            "cancel_initiated_at": _stamp(self.canceled) if self.canceled else None,
            "archived_at": None,
            "results_url": f"{base_url}/v1/messages/batches/{self.identifier}/results" if self.ended else None,
        }


class Batches:
    """All batches of one server.

    Args:
        answer: makes each request's result when its batch is due; a message is charged then.
        clock: seconds.
        seconds: how long a batch takes.
        troubles: share of requests that are ``expired`` (the day is too short for them), ``errored`` or ``missing`` in the results.
        seed: for the order of results and for which requests have trouble.
    """

    def __init__(self, answer: Answer, clock: Callable[[], float], *, seconds: float = 0.0, troubles: Mapping[str, float] | None = None, seed: int = 0) -> None:
        self._answer, self._clock, self._seconds, self._troubles, self._seed = answer, clock, seconds, troubles or {}, seed
        self._batches: dict[str, Batch] = {}

    def create(self, requests: list[dict[str, Any]], version: str) -> Batch:
        """Accept a batch."""
        batch = Batch(f"msgbatch_{len(self._batches) + 1:08d}", requests, self._clock() + self._seconds, datetime.now(UTC), version)
        self._batches[batch.identifier] = batch
        return batch

    def get(self, identifier: str) -> Batch | None:
        """The batch as it stands now."""
        batch = self._batches.get(identifier)
        if batch is not None and batch.ended is None and self._clock() >= batch.due:
            self._end(batch)
        return batch

    def all(self) -> list[Batch]:
        """Every batch, the newest first."""
        return [batch for name in reversed(self._batches) if (batch := self.get(name))]

    def cancel(self, batch: Batch) -> None:
        """Ask for its end: what has not begun is canceled, and here that is everything."""
        if batch.ended is None:
            batch.canceled = datetime.now(UTC)
            batch.results = [{"custom_id": request["custom_id"], "result": {"type": "canceled"}} for request in batch.requests]
            batch.ended = batch.canceled

    def delete(self, batch: Batch) -> bool:
        """Forget an ended batch; answers whether it could be."""
        return batch.ended is not None and self._batches.pop(batch.identifier, None) is not None

    def _drawn(self, draw: float) -> str:
        for name, share in self._troubles.items():
            draw -= share
            if draw < 0:
                return name
        return ""

    def _end(self, batch: Batch) -> None:
        chance = random.Random(f"{self._seed}/{batch.identifier}")
        for request in batch.requests:
            trouble = self._drawn(chance.random())
            result = _TROUBLES.get(trouble) or self._answer(request["params"], request["custom_id"], batch.version)
            if trouble != "missing":
                batch.results.append({"custom_id": request["custom_id"], "result": result})
        chance.shuffle(batch.results)
        batch.ended = datetime.now(UTC)


def results_lines(batch: Batch) -> bytes:
    """The results as JSON lines."""
    return b"".join(json.dumps(result).encode() + b"\n" for result in batch.results)


def wrong_batch(body: dict[str, Any]) -> str | None:
    """Why the service would refuse the batch as a whole, or ``None``."""
    requests = body.get("requests")
    if not isinstance(requests, list) or not requests:
        return "requests: Field required"
    names = [request.get("custom_id") for request in requests]
    if not all(isinstance(name, str) and 1 <= len(name) <= 64 for name in names):
        return "requests: custom_id must be 1 to 64 characters"
    return "requests: custom_id must be unique" if len(set(names)) < len(names) else None


def _stamp(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
