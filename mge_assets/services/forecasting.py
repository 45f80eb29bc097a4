"""Cost and time before a cent is spent: the plan's own requests are written, measured and laid out in time, many times with dice.

What is not known before is drawn: how long an answer is, how many attempts it takes, how fast it comes. The draws follow the
journal where it knows the model, and published figures where it does not.
"""

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from mge_assets.model.executions import Schedule
from mge_assets.model.forecasts import Forecast, by_dependency, by_wave
from mge_assets.services.live import LiveExecution
from mge_assets.stages.generation import build_request
from mge_assets.store.atoms import StoredAtom
from mge_assets.store.figures import AttemptFigures
from mge_assets.store.journal import CallFigures
from mge_resources.llm.latencies import batch_latency, latency, speed_spread
from mge_resources.llm.port import BYTES_A_TOKEN, LanguageModel
from mge_resources.llm.prices import TokenUsage

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
BATCH_HITS = 0.6
"""Share of a batch's requests that find the prefix in the cache: published are 30 to 98 %."""
ENOUGH = 20
"""Calls, or runs, from which a history counts for more than what is published."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How an execution is asked for: calls in flight at most, when atoms start, attempts at an atom, and whether calls go in message batches."""

    limit: int
    schedule: Schedule
    max_attempts: int
    batch: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """What earlier executions tell: the calls of each model, and how atoms fared with this model or ladder of models."""

    calls: Mapping[str, CallFigures]
    attempts: AttemptFigures

    @property
    def first_time(self) -> float:
        """Share of atoms that pass at their first attempt."""
        runs = self.attempts.runs
        return min(0.999, 1 - self.attempts.retried_runs / runs) if runs >= ENOUGH else FIRST_TIME

    @property
    def known_calls(self) -> int:
        """Calls that the figures were learnt from; 0 where they are too few."""
        calls = sum(figures.calls for figures in self.calls.values())
        return calls if calls >= ENOUGH else 0


@dataclass(frozen=True, slots=True)
class _Piece:
    atom: UUID
    prompt: float
    output: float


def forecast(live: LiveExecution, model: LanguageModel, history: History, terms: Terms, draws: int = 100) -> Forecast:
    """What the execution that is about to start is expected to cost and take. Draws are seeded: the same plan gives the same forecast."""
    todo = [stored for key, stored in live.atoms.by_id.items() if key not in live.reused and live.atoms.generates(stored)]
    shared, pieces = _measured(live, todo)
    dice = _Dice(model, history, shared, terms)
    usd, seconds, calls, width = [], [], [], 0
    for _ in range(draws if pieces else 0):
        dice.begin()
        drawn = {piece.atom: dice.draw(piece) for piece in pieces}
        usd.append(sum(each.usd for each in drawn.values()))
        took = {atom: each.seconds for atom, each in drawn.items()}
        laid = _laid_out(live, took, terms)
        seconds.append(dice.batches(round(laid[0])) if terms.batch else laid[0])
        width = max(width, laid[1])
        calls.append(sum(each.calls for each in drawn.values()))
    return Forecast(len(pieces), statistics.mean(calls or [0]), *_spread(usd), *_spread(seconds), width, history.known_calls)


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


def _laid_out(live: LiveExecution, seconds: Mapping[UUID, float], terms: Terms) -> tuple[float, int]:
    if terms.schedule is Schedule.WAVE:
        laid = by_wave([[seconds[atom] for atom in wave if atom in seconds] for wave in live.atoms.waves], terms.limit)
    else:
        needs = {atom: [live.atoms.by_name[name].atom_id for name in live.atoms.needs.get(live.atoms.by_id[atom].atom.name, ())] for atom in seconds}
        laid = by_dependency(seconds, needs, terms.limit)
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
    """Draws what becomes of an atom: attempt after attempt, each at the price and the pace of the model that it goes to."""

    def __init__(self, model: LanguageModel, history: History, shared: float, terms: Terms) -> None:
        self._model, self._shared, self._terms = model, shared, terms
        self._first_time = history.first_time
        self._slower = {name: _slower(name, figures) for name, figures in history.calls.items()}
        self._chance = random.Random(f"{model.name}/{shared}")  # noqa: S311 -- a forecast keeps no secret
        self._cached = shared >= CACHE_TOKENS
        self._warm: set[str] = set()

    def begin(self) -> None:
        """Another execution: nothing is cached yet."""
        self._warm.clear()

    def draw(self, piece: _Piece) -> _Drawn:
        """One atom's calls until one passes or the attempts are used up."""
        usd = seconds = 0.0
        calls = 0
        passed = False
        while not passed and calls < self._terms.max_attempts:
            tokens = piece.output * self._chance.lognormvariate(0.0, LENGTH_SPREAD)
            calls += 1
            usd += self._usd(calls, piece.prompt + (FEEDBACK_TOKENS if calls > 1 else 0.0), tokens)
            seconds += 1.0 if self._terms.batch else self._seconds(self._model.name_of(calls), tokens)
            passed = self._chance.random() < self._first_time
        return _Drawn(usd, seconds, calls)

    def batches(self, rounds: int) -> float:
        """Seconds of so many message batches one after another. In batches all of a wave's first attempts are one round, its second ones the next."""
        known = batch_latency()
        return sum(known.first * self._chance.lognormvariate(0.0, known.spread) for _ in range(rounds))

    def _seconds(self, name: str, tokens: float) -> float:
        spread, known = self._chance.lognormvariate, latency(name)
        return self._slower.get(name, 1.0) * (known.first * spread(0.0, known.spread) + tokens / (known.speed * spread(0.0, speed_spread())))

    def _usd(self, attempt: int, prompt: float, output: float) -> float:
        """What a call costs; the first of a model pays for putting the prefix into the cache."""
        shared, name = round(self._shared), self._model.name_of(attempt)
        found = name in self._warm and (not self._terms.batch or self._chance.random() < BATCH_HITS)
        self._warm.add(name)
        if not self._cached:
            usage = TokenUsage(input=round(prompt) + shared, output=round(output))
        elif found:
            usage = TokenUsage(input=round(prompt), output=round(output), read=shared)
        elif self._terms.batch:
            usage = TokenUsage(input=round(prompt), output=round(output), write_1h=shared)
        else:
            usage = TokenUsage(input=round(prompt), output=round(output), write_5m=shared)
        return self._model.price_usd(attempt, usage, batch=self._terms.batch)


def _slower(name: str, known: CallFigures) -> float:
    """How many times as long as published this model's calls took here."""
    return known.seconds / latency(name).seconds(known.tokens_output) if known.calls >= ENOUGH and known.seconds else 1.0
