"""Cost and time before a cent is spent: the plan's own requests are written, measured and laid out in time, many times with dice.

What is not known before is drawn: how long an answer is, how many attempts it takes, how fast it comes. The draws follow the
journal where it knows the model, and published figures where it does not.
"""

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from mge_assets.model.executions import Schedule
from mge_assets.model.forecasts import Forecast, by_dependency, by_wave
from mge_assets.services.live import LiveExecution
from mge_assets.stages.generation import build_request
from mge_assets.store.atoms import StoredAtom
from mge_assets.store.figures import AttemptFigures
from mge_assets.store.journal import CallFigures
from mge_resources.llm.latencies import latency, speed_spread
from mge_resources.llm.prices import TokenUsage, price, price_table

BYTES_A_TOKEN = 3.0
CACHE_TOKENS = 1024
"""Prefixes shorter than this are paid in full with every call."""
STUB_TOKENS = 120.0
"""An atom of ten lines, where nothing tells how long it will be."""
WRAPPING_TOKENS = 50.0
"""A fence, a sentence, and what a model thinks at the least."""
FEEDBACK_TOKENS = 200.0
LENGTH_SPREAD = 0.4
FIRST_TIME = 0.9
"""Share of atoms that pass at once, as the specification has it, until there is a history to count from."""
ENOUGH = 20
"""Calls, or runs, from which a history counts for more than what is published."""


@dataclass(frozen=True, slots=True)
class History:
    """What earlier executions tell: the model's calls, and how atoms fared."""

    calls: CallFigures
    attempts: AttemptFigures

    @property
    def first_time(self) -> float:
        """Share of atoms that pass at their first attempt."""
        runs = self.attempts.runs
        return min(0.999, 1 - self.attempts.retried_runs / runs) if runs >= ENOUGH else FIRST_TIME


@dataclass(frozen=True, slots=True)
class _Piece:
    atom: UUID
    prompt: float
    output: float


def forecast(live: LiveExecution, model: str, history: History, limit: int, schedule: Schedule, max_attempts: int, draws: int = 100) -> Forecast:
    """What the execution that is about to start is expected to cost and take. Draws are seeded: the same plan gives the same forecast."""
    todo = [stored for key, stored in live.atoms.by_id.items() if key not in live.reused and live.atoms.generates(stored)]
    shared, pieces = _measured(live, todo)
    dice = _Dice(model, history, shared, max_attempts)
    usd, seconds, calls, width = [], [], [], 0
    for _ in range(draws if pieces else 0):
        drawn = {piece.atom: dice.draw(piece) for piece in pieces}
        usd.append(sum(each.usd for each in drawn.values()) + dice.warming())
        took = {atom: each.seconds for atom, each in drawn.items()}
        laid = _laid_out(live, took, limit, schedule)
        seconds.append(laid[0])
        width = max(width, laid[1])
        calls.append(sum(each.calls for each in drawn.values()))
    known = history.calls.calls if history.calls.calls >= ENOUGH else 0
    return Forecast(len(pieces), statistics.mean(calls or [0]), *_spread(usd), *_spread(seconds), width, known)


def _measured(live: LiveExecution, todo: Sequence[StoredAtom]) -> tuple[float, list[_Piece]]:
    shared, pieces = 0.0, []
    for stored in todo:
        request = build_request(live.work(stored.atom_id), 1, "", 1)
        shared = _tokens(request.system) + _tokens(request.shared)
        length = STUB_TOKENS if stored.atom.stub or not stored.atom.text else _tokens(stored.atom.text.decode(errors="replace"))
        pieces.append(_Piece(stored.atom_id, _tokens(request.prompt), length + WRAPPING_TOKENS))
    return shared, pieces


def _tokens(text: str) -> float:
    return len(text.encode(errors="replace")) / BYTES_A_TOKEN


def _laid_out(live: LiveExecution, seconds: Mapping[UUID, float], limit: int, schedule: Schedule) -> tuple[float, int]:
    if schedule is Schedule.WAVE:
        laid = by_wave([[seconds[atom] for atom in wave if atom in seconds] for wave in live.atoms.waves], limit)
    else:
        needs = {atom: [live.atoms.by_name[name].atom_id for name in live.atoms.needs.get(live.atoms.by_id[atom].atom.name, ())] for atom in seconds}
        laid = by_dependency(seconds, needs, limit)
    return laid.seconds, laid.width


def _spread(values: Sequence[float]) -> tuple[float, float]:
    """Median, and what nine in ten stay under."""
    ordered = sorted(values) or [0.0]
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]


@dataclass(frozen=True, slots=True)
class _Drawn:
    usd: float
    seconds: float
    calls: int


class _Dice:
    def __init__(self, model: str, history: History, shared: float, max_attempts: int) -> None:
        self._model, self._shared, self._max_attempts = model, shared, max_attempts
        self._first_time = history.first_time
        self._latency, self._speed_spread = latency(model), speed_spread()
        self._chance = random.Random(f"{model}/{shared}")  # noqa: S311 -- a forecast keeps no secret
        self._cached = shared >= CACHE_TOKENS
        self._priced = price_table().known(model)
        self._today = datetime.now(UTC).date()
        known = history.calls
        self._slower = known.seconds / self._latency.seconds(known.tokens_output) if known.calls >= ENOUGH and known.seconds else 1.0

    def draw(self, piece: _Piece) -> _Drawn:
        usd = seconds = 0.0
        calls = 0
        passed = False
        while not passed and calls < self._max_attempts:
            tokens = piece.output * self._chance.lognormvariate(0.0, LENGTH_SPREAD)
            usd += self._usd(piece.prompt + (FEEDBACK_TOKENS if calls else 0.0), tokens)
            first = self._latency.first * self._chance.lognormvariate(0.0, self._latency.spread)
            seconds += self._slower * (first + tokens / (self._latency.speed * self._chance.lognormvariate(0.0, self._speed_spread)))
            calls += 1
            passed = self._chance.random() < self._first_time
        return _Drawn(usd, seconds, calls)

    def warming(self) -> float:
        """What the first call pays for putting the prefix into the cache."""
        return self._price(TokenUsage(write_5m=round(self._shared))) if self._cached else 0.0

    def _usd(self, prompt: float, output: float) -> float:
        read, rest = (self._shared, prompt) if self._cached else (0.0, prompt + self._shared)
        return self._price(TokenUsage(input=round(rest), output=round(output), read=round(read)))

    def _price(self, usage: TokenUsage) -> float:
        return price(self._model, usage, self._today) if self._priced else 0.0
