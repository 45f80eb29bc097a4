"""What the service counts and charges: tokens, the prompt cache, prices, and the ledger that a client's accounts are audited against."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mge_tests.fakes.emulator.rules import NO_EFFORT, cache_minimum

Usage = dict[str, Any]
TTL = {"5m": 300.0, "1h": 3600.0}
_PER_MILLION: tuple[tuple[str, tuple[float, float, float, float, float]], ...] = (
    ("claude-haiku-5-5", (0.10, 0.50, 0.125, 0.20, 0.01)),
    ("claude-haiku-4-5", (1, 5, 1.25, 2, 0.10)),
    ("claude-sonnet-5-5", (2, 10, 2.5, 4, 0.10)),
    ("claude-sonnet-5", (2, 10, 2.5, 4, 0.20)),
    ("claude-sonnet-4", (3, 15, 3.75, 6, 0.30)),
    ("claude-opus-5-5", (4, 20, 5, 8, 0.20)),
    ("claude-opus-", (5, 25, 6.25, 10, 0.50)),
    ("claude-fable-5-2", (8, 40, 10, 16, 0.20)),
    ("claude-mythos-5-2", (8, 40, 10, 16, 0.20)),
    ("claude-fable-", (10, 50, 12.5, 20, 0.25)),
    ("claude-mythos-", (10, 50, 12.5, 20, 0.25)),
)
"""USD per million tokens on 20 November 2026: input, output, cache write for 5 minutes and for an hour, cache read."""
_LONG_HAIKU = (0.50, 2.50, 0.625, 1.00, 0.05)
_LONG_HAIKU_FROM = 100_000


def tokens(text: str) -> int:
    """How many tokens this server counts for a text: one for three bytes, which is near what models from 4.7 on count for code."""
    return -(-len(text.encode(errors="replace")) // 3)


def dollars(model: str, usage: Usage) -> float:
    """What the service charges for a message; half in a batch, nothing for a model that is not its own."""
    prices = next((prices for start, prices in _PER_MILLION if model.startswith(start)), None)
    if prices is None:
        return 0.0
    hour = (usage.get("cache_creation") or {}).get("ephemeral_1h_input_tokens", 0)
    written, read = usage.get("cache_creation_input_tokens") or 0, usage.get("cache_read_input_tokens") or 0
    if model.startswith("claude-haiku-5-5") and usage["input_tokens"] + written + read > _LONG_HAIKU_FROM:
        prices = _LONG_HAIKU
    counts = (usage["input_tokens"], usage["output_tokens"], written - hour, hour, read)
    usd: float = sum(count * price for count, price in zip(counts, prices, strict=True)) / 1e6
    return usd / 2 if usage.get("service_tier") == "batch" else usd


@dataclass(frozen=True)
class Bill:
    """One message that was charged. ``arrived`` is false where a fault kept the whole answer, or its usage, from the client."""

    model: str
    usage: Usage
    atom: str
    fault: str
    arrived: bool

    @property
    def usd(self) -> float:
        """The charge."""
        return dollars(self.model, self.usage)

    @property
    def output_usd(self) -> float:
        """The part of the charge that is for output tokens."""
        bare = {"input_tokens": 0, "output_tokens": self.usage["output_tokens"], "service_tier": self.usage.get("service_tier")}
        return dollars(self.model, bare)


@dataclass
class Ledger:
    """Every bill, in order."""

    bills: list[Bill] = field(default_factory=list)

    @property
    def usd(self) -> float:
        """All charges."""
        return sum(bill.usd for bill in self.bills)

    @property
    def output_usd(self) -> float:
        """The charges for output tokens alone."""
        return sum(bill.output_usd for bill in self.bills)

    @property
    def lost_usd(self) -> float:
        """Charges for answers that the client never got whole."""
        return sum(bill.usd for bill in self.bills if not bill.arrived)

    def summary(self) -> dict[str, Any]:
        """The figures, as the ledger's address gives them."""
        return {
            "calls": len(self.bills),
            "usd": self.usd,
            "output_usd": self.output_usd,
            "lost_usd": self.lost_usd,
            "models": dict(Counter(bill.model for bill in self.bills)),
            "tokens": {
                name: sum(bill.usage.get(name) or 0 for bill in self.bills)
                for name in ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
            },
        }


@dataclass
class PromptCache:
    """Prefixes by model. A prefix can be read once the answer that wrote it has begun, until its time is over; each reading renews it."""

    clock: Callable[[], float]
    time_scale: float = 1.0
    _until: dict[str, float] = field(default_factory=dict)

    def count(self, body: dict[str, Any]) -> tuple[Usage, Callable[[], None]]:
        """The prompt's share of a usage, and what to call when the answer begins."""
        segments = list(_segments(body))
        model, text, marks = str(body["model"]), "", []
        for part, control in segments:
            text += part
            if control is not None:
                marks.append((f"{model}\0{text}", tokens(text), TTL.get(control.get("ttl", "5m"), 300.0)))
        whole = tokens(text)
        usable = [mark for mark in marks if mark[1] >= cache_minimum(model)]
        read = max((count for key, count, _ in usable if self._until.get(key, 0.0) > self.clock()), default=0)
        last, ttl = (usable[-1][1], usable[-1][2]) if usable else (0, 300.0)
        written = max(0, last - read)
        hour = written if ttl > TTL["5m"] else 0
        usage = {
            "input_tokens": whole - read - written,
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": read,
            "cache_creation": {"ephemeral_5m_input_tokens": written - hour, "ephemeral_1h_input_tokens": hour},
        }
        return usage, lambda: self._until.update({key: self.clock() + ttl * self.time_scale for key, _, ttl in usable})


def _segments(body: dict[str, Any]) -> list[tuple[str, dict[str, Any] | None]]:
    """The prompt's texts in the order in which they are cached, each with its mark; a mark at the top level stands for the last."""
    system = body.get("system") or []
    blocks: list[dict[str, Any]] = [{"type": "text", "text": system}] if isinstance(system, str) else list(system)
    for message in body["messages"]:
        content = message["content"]
        blocks += [{"type": "text", "text": content}] if isinstance(content, str) else content
    found = [(str(block.get("text", "")), block.get("cache_control")) for block in blocks]
    if found and body.get("cache_control"):
        found[-1] = (found[-1][0], body["cache_control"])
    return found


def output_tokens(model: str, text: str, thinking: int) -> Usage:
    """The answer's share of a usage."""
    thought = 0 if model.startswith(NO_EFFORT) else thinking
    return {"output_tokens": max(1, tokens(text)) + thought, "output_tokens_details": {"thinking_tokens": thought}, "service_tier": "standard"}
