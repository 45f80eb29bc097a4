"""What the service says: messages, token counts, batches, models, and its own ledger for whoever audits a client."""

import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mge_tests.fakes.emulator.batches import Batch, Batches, results_lines, wrong_batch
from mge_tests.fakes.emulator.billing import Bill, Ledger, PromptCache, Usage, output_tokens, tokens
from mge_tests.fakes.emulator.faults import FAULTS, Answer, Fault, error
from mge_tests.fakes.emulator.latency import Latencies
from mge_tests.fakes.emulator.limits import RateLimits
from mge_tests.fakes.emulator.requests import Received
from mge_tests.fakes.emulator.rules import MOST_IN_BATCH, known_model, refused_caller, refused_message
from mge_tests.fakes.emulator.solving import Solver

MESSAGES, COUNT, BATCHES, MODELS, LEDGER = "/v1/messages", "/v1/messages/count_tokens", "/v1/messages/batches", "/v1/models", "/__ledger"
_MODELS = ("claude-fable-5-2", "claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-opus-4-8", "claude-sonnet-4-6", "claude-haiku-4-5")


@dataclass(frozen=True)
class Made:
    """A message that is about to be sent: ``usage`` is what is charged, whatever a fault makes of the message."""

    message: dict[str, Any]
    usage: Usage
    atom: str
    begin: Callable[[], None]
    seconds: Callable[[int], float]


@dataclass
class Service:
    """The service behind the sockets. Everything here happens on one event loop."""

    solver: Solver
    ledger: Ledger
    latencies: Latencies
    limits: Mapping[str, float] = field(default_factory=dict)
    burst: float = 60.0
    batch_seconds: float = 0.0
    batch_troubles: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    base_url: str = ""
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        scale = self.latencies.time_scale or 1.0
        self._cache = PromptCache(self.clock, scale)
        self._limits = RateLimits(self.limits, self.clock, scale, self.burst)
        self._batches = Batches(self._batched, self.clock, seconds=self.batch_seconds, troubles=self.batch_troubles, seed=self.seed)
        self._asked: Counter[str] = Counter()
        self._made = 0

    def refused(self, request: Received, key: str | None) -> Answer | None:
        """Why this caller gets no answer of any sort, or ``None``."""
        if request.path == LEDGER:
            return None
        refusal = refused_caller(request.headers, key)
        if refusal is None and request.path.split("?")[0] == MESSAGES:
            refusal = refused_message(request.headers, request.body)
        return error(*refusal) if refusal else None

    def beside(self, request: Received) -> Answer | None:
        """The answer of every address but that for messages; ``None`` for that one."""
        path, body = request.path.split("?")[0], request.body
        if path == MESSAGES and request.method == "POST":
            return None
        if path == LEDGER:
            return _json(self.ledger.summary())
        if path == COUNT:
            refusal = refused_message(request.headers, body, counting=True)
            return error(*refusal) if refusal else _json({"input_tokens": tokens(request.text)})
        if path == BATCHES or path.startswith(f"{BATCHES}/"):
            return self._batch(request, path.removeprefix(BATCHES).strip("/"))
        if path == MODELS or path.startswith(f"{MODELS}/"):
            return _models(path.removeprefix(MODELS).strip("/"))
        return error(404, "not_found_error", f"Not found: {request.path}")

    def drawn_fault(self, request: Received, rates: Mapping[str, float]) -> str:
        """The fault that chance gives this request; empty for none."""
        if not rates:
            return ""
        self._asked[f"fault/{request.atom}"] += 1
        draw = random.Random(f"{self.seed}/fault/{request.atom}/{self._asked[f'fault/{request.atom}']}").random()
        for name, rate in rates.items():
            draw -= rate
            if draw < 0:
                return name
        return ""

    @staticmethod
    def fault(name: str) -> Fault:
        """The fault of this name."""
        return FAULTS[name or "none"]

    def limited(self, request: Received) -> Answer | None:
        """The 429 that the rate limits call for, or ``None``."""
        if not self.limits:
            return None
        wait = self._limits.take(**{"requests": 1, "input-tokens": tokens(request.text), "output-tokens": request.body["max_tokens"]})
        if wait is None:
            return None
        refused = error(429, "rate_limit_error", "This request would exceed your organization's rate limit")
        return replace(refused, headers={**self._limits.headers(), "retry-after": str(max(1, round(wait + 0.5))), "retry-after-ms": str(int(wait * 1000) + 1)})

    def give_back(self, request: Received, usage: Usage) -> None:
        """What the answer took less of the limits than was taken for it."""
        self._limits.give_back("input-tokens", usage["cache_read_input_tokens"])
        self._limits.give_back("output-tokens", request.body["max_tokens"] - usage["output_tokens"])

    def headers(self) -> dict[str, str]:
        """What every good answer says of the limits."""
        return self._limits.headers()

    def message(self, request: Received) -> Made:
        """The good answer to this request, cut where it is longer than it may be."""
        body, atom = request.body, request.atom or ""
        model, text, effort = body["model"], self.solver.answer(request), (body.get("output_config") or {}).get("effort")
        self._asked[atom] += 1
        self._made += 1
        draw = f"{atom}/{self._asked[atom]}"
        thinking = self.latencies.thinking_tokens(draw, model, effort)
        text, thinking, stop = _within(text, thinking, body["max_tokens"])
        prompt, begin = self._cache.count(body)
        usage = prompt | output_tokens(model, text, thinking)
        content = [{"type": "text", "text": text}] if text else []
        message = {"id": f"msg_{self._made:08d}", "type": "message", "role": "assistant", "model": model, "content": content}
        message |= {"stop_reason": stop, "stop_sequence": None, "usage": dict(usage)}

        def seconds(in_flight: int) -> float:
            cached = bool(usage["cache_read_input_tokens"])
            return self.latencies.seconds(draw, model, usage["output_tokens"], cached=cached, in_flight=in_flight)

        return Made(message, usage, atom, begin, seconds)

    def _batched(self, params: dict[str, Any], custom_id: str, version: str) -> dict[str, Any]:
        """The result of a batch's request, charged at half the price."""
        request = Received(MESSAGES, {"anthropic-version": version}, params)
        refusal = refused_message(request.headers, params)
        if refusal:
            return {"type": "errored", "error": json.loads(error(*refusal).body)}
        made = self.message(request)
        made.begin()
        made.usage["service_tier"] = made.message["usage"]["service_tier"] = "batch"
        self.ledger.bills.append(Bill(made.message["model"], made.usage, made.atom or custom_id, "", arrived=True))
        return {"type": "succeeded", "message": made.message}

    def _batch(self, request: Received, rest: str) -> Answer:
        identifier, _, action = rest.partition("/")
        if not identifier:
            return self._create(request) if request.method == "POST" else self._list()
        batch = self._batches.get(identifier)
        if batch is None:
            return error(404, "not_found_error", f"batch {identifier} not found")
        match request.method, action:
            case "GET", "":
                return _json(batch.public(self.base_url))
            case "GET", "results":
                return _results(batch)
            case "POST", "cancel":
                self._batches.cancel(batch)
                return _json(batch.public(self.base_url))
            case "DELETE", "":
                gone = self._batches.delete(batch)
                done = {"id": identifier, "type": "message_batch_deleted"}
                return _json(done) if gone else error(400, "invalid_request_error", "a batch in progress can't be deleted; cancel it first")
        return error(404, "not_found_error", f"Not found: {request.path}")

    def _create(self, request: Received) -> Answer:
        wrong = wrong_batch(request.body)
        if wrong:
            return error(400, "invalid_request_error", wrong)
        if len(request.body["requests"]) > MOST_IN_BATCH:
            return error(413, "request_too_large", f"a batch holds at most {MOST_IN_BATCH} requests")
        return _json(self._batches.create(request.body["requests"], request.headers["anthropic-version"]).public(self.base_url))

    def _list(self) -> Answer:
        data = [batch.public(self.base_url) for batch in self._batches.all()]
        first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
        return _json({"data": data, "has_more": False, "first_id": first, "last_id": last})


def _results(batch: Batch) -> Answer:
    if batch.ended is None:
        return error(400, "invalid_request_error", "the batch has not ended yet")
    return Answer(200, results_lines(batch), {"content-type": "application/x-jsonl"})


def _within(text: str, thinking: int, most: int) -> tuple[str, int, str]:
    """Text and thinking of at most so many tokens together, and why the answer stops."""
    if thinking >= most:
        return "", most, "max_tokens"
    if tokens(text) + thinking <= most:
        return text, thinking, "end_turn"
    return text.encode()[: (most - thinking) * 3].decode(errors="ignore"), thinking, "max_tokens"


def _json(value: object) -> Answer:
    return Answer(200, json.dumps(value).encode())


def _models(name: str) -> Answer:
    if name and not known_model(name):
        return error(404, "not_found_error", f"model: {name}")
    data = [
        {
            "id": model,
            "type": "model",
            "display_name": re.sub(r"(\d)-(\d)", r"\1.\2", model.removeprefix("claude-")).replace("-", " ").title(),
            "created_at": "2026-01-01T00:00:00Z",
            "lifecycle": "active",
            "max_tokens": 64_000,
            "max_input_tokens": 200_000,
        }
        for model in ([name] if name else _MODELS)
    ]
    return _json(data[0] if name else {"data": data, "has_more": False, "first_id": data[0]["id"], "last_id": data[-1]["id"]})
