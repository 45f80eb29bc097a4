"""The attempt loop: what is tried, what is paid, what the next prompt hears, and how an atom ends."""

import asyncio
import threading
from collections.abc import Iterable
from dataclasses import replace

import pytest

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.model.attempts import AtomOutcome, AtomStatus, ErrorClass
from mge_assets.model.findings import Check, Finding, Level, Severity, ValidationResult
from mge_assets.stages.generation import AtomWork, RetryOrchestrator
from mge_resources.llm import ModelError, ModelReply, OfflineModel, TruncatedReplyError, open_model
from mge_tests.fakes.call_journal import MemoryJournal
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.fakes.scripted_model import ScriptedModel
from mge_tests.stages.generation.samples import AFTER, BEFORE, BROKEN, GOOD, SECRET, STUB, WRONG, fenced, validate, work

BUSY = ModelError("overloaded", fix="ask again", retryable=True, unbilled=True)
LOST = ModelError("the connection broke", fix="ask again", retryable=True)
REFUSED = ModelError("refused", fix="reword", retryable=False, billed=ModelReply("", "scripted", 100, 0, 0.01))
EMPTY = ModelError("no text", fix="ask again", retryable=True, billed=ModelReply("", "scripted", 100, 5, 0.01))
CUT = TruncatedReplyError("cut", fix="more", retryable=True, billed=ModelReply("de", "scripted", 100, 4096, 0.04))
DRAFT = (GOOD + "\n\n").encode()


class Bench:
    """A loop over a scripted model, a journal in memory, and a clock that only sleeping moves."""

    def __init__(self, script: Iterable[str | ModelReply | ModelError] = (), **settings: object) -> None:
        self.model, self.journal, self.naps, self.now = ScriptedModel(script), MemoryJournal(), [], 0.0  # type: ignore[var-annotated]
        defaults: dict[str, object] = {"clock": lambda: self.now, "sleep": self._sleep, "jitter": lambda: 0.5}
        self.loop = RetryOrchestrator(self.model, validate, self.journal, **(defaults | settings))  # type: ignore[arg-type]

    async def _sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def run(self, work: AtomWork) -> AtomOutcome:
        return asyncio.run(self.loop.run(work))


def test_a_draft_that_passes_is_taken_at_no_cost_and_without_a_call() -> None:
    bench = Bench()
    outcome = bench.run(work(DRAFT))
    assert (outcome.status, outcome.code, outcome.cost_usd) == (AtomStatus.COMPLETED, DRAFT, 0)
    assert [attempt.number for attempt in outcome.attempts] == [0]
    assert outcome.attempts[0].temperature is None
    assert not bench.model.requests
    assert not bench.journal.entries


@pytest.mark.parametrize("task", [work(), work(DRAFT, regenerate=True), work(b"")])
def test_a_stub_an_empty_draft_and_an_unwanted_one_go_to_the_model(task: AtomWork) -> None:
    outcome = Bench([fenced(GOOD)]).run(task)
    assert outcome.status is AtomStatus.COMPLETED
    assert [attempt.number for attempt in outcome.attempts] == [1]
    assert outcome.code.decode().rstrip() == GOOD


def test_blank_lines_are_never_generated() -> None:
    gap = replace(work(b"\n\n", regenerate=True, kind=AtomKind.TRIVIA, signature="", stub=False))
    seen = []

    def passes(atom: Atom, code: bytes, before: bytes, after: bytes, stub: Severity) -> ValidationResult:
        seen.append((before, code, after))
        return validate(atom, DRAFT, before, after, stub)

    loop = RetryOrchestrator(ScriptedModel(()), passes, MemoryJournal())
    assert asyncio.run(loop.run(gap)).code == b"\n\n"
    assert seen == [(BEFORE, b"\n\n", AFTER)]


def test_a_failing_draft_is_the_first_thing_that_the_model_hears_of() -> None:
    bench = Bench([fenced(GOOD)])
    outcome = bench.run(work((BROKEN + "\n\n").encode()))
    assert [attempt.number for attempt in outcome.attempts] == [0, 1]
    assert outcome.attempts[0].error_class is ErrorClass.SYNTAX
    assert "never closed" in bench.model.requests[0].prompt
    assert outcome.status is AtomStatus.COMPLETED


def test_a_bad_answer_is_followed_by_a_good_one_that_knows_why() -> None:
    bench = Bench([fenced(BROKEN), fenced(GOOD)])
    outcome = bench.run(work())
    assert outcome.status is AtomStatus.COMPLETED
    assert [attempt.passed for attempt in outcome.attempts] == [False, True]
    assert "never closed" in outcome.attempts[1].feedback
    assert outcome.attempts[1].feedback in bench.model.requests[1].prompt
    assert not outcome.attempts[0].feedback
    assert outcome.cost_usd == pytest.approx(0.02)


def test_a_hidden_tests_expectation_never_reaches_a_prompt() -> None:
    bench = Bench([fenced(WRONG), fenced(GOOD)])
    outcome = bench.run(work())
    assert outcome.attempts[0].error_class is ErrorClass.LOGIC
    assert "test of this atom" in bench.model.requests[1].prompt
    assert all(SECRET not in request.prompt + request.shared + request.system for request in bench.model.requests)


def test_the_requested_temperatures_fall_as_specified_and_every_attempt_is_kept() -> None:
    last = [fenced(WRONG.replace("max", name)) for name in ("min", "len", "any")]
    bench = Bench([fenced(WRONG), fenced(BROKEN), "I would rather not.", *last])
    outcome = bench.run(work())
    assert [attempt.temperature for attempt in outcome.attempts] == [0.7, 0.5, 0.3, 0.3]
    assert [request.temperature for request in bench.model.requests] == [0.7, 0.5, 0.3, 0.3, 0.3, 0.3]
    assert (outcome.status, outcome.code) == (AtomStatus.FAILED, STUB)
    assert outcome.attempts[2].code is None
    assert "fenced block" in outcome.attempts[3].feedback
    assert all(attempt.error and attempt.error_class for attempt in outcome.attempts)


def test_the_same_wrong_code_twice_is_told_so_and_judged_once() -> None:
    judged = []

    def counting(*arguments: object) -> ValidationResult:
        judged.append(arguments)
        return validate(*arguments)  # type: ignore[arg-type]

    model = ScriptedModel([fenced(WRONG), fenced(WRONG), fenced(GOOD)])
    outcome = asyncio.run(RetryOrchestrator(model, counting, MemoryJournal()).run(work()))
    assert "same code as attempt 1" in outcome.attempts[1].error
    assert "given 2 times" in model.requests[2].prompt
    assert "another way" in model.requests[2].prompt
    assert WRONG not in model.requests[2].prompt
    assert WRONG in model.requests[1].prompt
    assert len(judged) == 2
    assert outcome.status is AtomStatus.COMPLETED


@pytest.mark.parametrize("bound", [1, 2, 4, 6])
def test_there_are_never_more_attempts_than_allowed(bound: int) -> None:
    bench = Bench([fenced(WRONG)] * 9, max_attempts=bound)
    assert len(bench.run(work()).attempts) == bound
    assert [request.attempt for request in bench.model.requests] == [*range(1, bound), *[bound] * (3 if bound > 1 else 1)]


def test_at_the_last_attempt_several_answers_are_paid_for_and_the_right_one_is_chosen() -> None:
    bench = Bench([fenced(WRONG), fenced(BROKEN), fenced(WRONG.replace("max", "min")), "Sorry.", fenced(GOOD)], max_attempts=3)
    outcome = bench.run(work())
    assert outcome.status is AtomStatus.COMPLETED
    assert outcome.code.decode().rstrip() == GOOD
    assert len({request.prompt for request in bench.model.requests[2:]}) == 3
    assert outcome.cost_usd == pytest.approx(0.05) == bench.journal.total_usd


def test_a_module_that_the_answer_needs_goes_to_the_top_of_the_file() -> None:
    code = "import math\n\n\ndef total(self):\n    return math.fsum(self.prices)"
    seen = []

    def passes(atom: Atom, text: bytes, before: bytes, after: bytes, stub: Severity) -> ValidationResult:
        seen.append(before)
        return ValidationResult(Level.ATOMIC, atom.name, ())

    task = replace(work(), before=b"import json\n\n\n" + BEFORE)
    outcome = asyncio.run(RetryOrchestrator(ScriptedModel([fenced(code)]), passes, MemoryJournal()).run(task))
    assert outcome.imports == ("import math",)
    assert b"import" not in outcome.code
    assert seen == [b"import json\nimport math\n\n\n" + BEFORE]


def test_an_answer_that_the_model_stands_by_is_not_bought_again_where_another_atom_may_be_at_fault() -> None:
    def shared(atom: Atom, text: bytes, before: bytes, after: bytes, stub: Severity) -> ValidationResult:
        findings = (Finding("unit_test.case", Severity.ERROR, "a test fails"), Finding("unit_test.shared", Severity.INFO, "others are in it"))
        return ValidationResult(Level.ATOMIC, atom.name, (Check.of("unit_test", findings),))

    model = ScriptedModel([fenced(GOOD)] * 9)
    outcome = asyncio.run(RetryOrchestrator(model, shared, MemoryJournal()).run(work()))
    assert (outcome.status, len(model.requests)) == (AtomStatus.FAILED, 2)


def test_the_offline_model_hands_a_stub_back_byte_for_byte_and_unjournalled() -> None:
    journal = MemoryJournal()
    outcome = asyncio.run(RetryOrchestrator(OfflineModel(), validate, journal).run(work()))
    assert (outcome.status, outcome.code, outcome.cost_usd) == (AtomStatus.COMPLETED, STUB, 0)
    assert [attempt.model for attempt in outcome.attempts] == ["offline"]
    assert not journal.entries


def test_the_offline_model_is_not_asked_again_for_a_draft_that_fails() -> None:
    broken = (BROKEN + "\n\n").encode()
    outcome = asyncio.run(RetryOrchestrator(OfflineModel(), validate, MemoryJournal()).run(work(broken)))
    assert [attempt.number for attempt in outcome.attempts] == [0, 1]
    assert (outcome.status, outcome.code) == (AtomStatus.FAILED, broken)


def test_without_a_draft_the_offline_model_says_what_to_set() -> None:
    outcome = asyncio.run(RetryOrchestrator(OfflineModel(), validate, MemoryJournal()).run(work(b"")))
    assert outcome.status is AtomStatus.FAILED
    assert "ANTHROPIC_API_KEY" in outcome.attempts[0].error


def test_transport_trouble_is_waited_out_inside_the_attempt() -> None:
    bench = Bench([BUSY, LOST, BUSY, BUSY, fenced(GOOD)])
    outcome = bench.run(work())
    assert bench.naps == [1.0, 2.0, 4.0, 4.0]
    assert [attempt.number for attempt in outcome.attempts] == [1]
    assert bench.journal.states == ["failed"] * 4 + ["settled"]
    assert bench.journal.total_usd == pytest.approx(0.05 + 0.01)  # the lost call may have been billed, so its reservation stays


def test_jitter_spreads_the_waits() -> None:
    waits = [Bench([BUSY, fenced(GOOD)], jitter=chance) for chance in (lambda: 0.0, lambda: 1.0)]
    for bench in waits:
        bench.run(work())
    assert [bench.naps for bench in waits] == [[0.75], [1.25]]


def test_the_wait_that_the_server_asks_for_is_kept() -> None:
    bench = Bench([ModelError("busy", fix="wait", retryable=True, retry_after=30.0, unbilled=True), fenced(GOOD)])
    assert bench.run(work()).status is AtomStatus.COMPLETED
    assert bench.naps == [30.0]


def test_a_wait_beyond_the_atoms_time_is_not_begun() -> None:
    bench = Bench([ModelError("busy", fix="wait", retryable=True, retry_after=3600.0, unbilled=True)], atom_timeout=100.0)
    assert bench.run(work()).status is AtomStatus.FAILED
    assert not bench.naps


def test_trouble_that_does_not_end_ends_the_atom_with_its_error() -> None:
    bench = Bench([BUSY] * 99)
    outcome = bench.run(work())
    assert (outcome.status, outcome.code, len(outcome.attempts)) == (AtomStatus.FAILED, STUB, 1)
    assert "overloaded" in outcome.attempts[0].error
    assert len(bench.model.requests) == 8


def test_what_asking_again_cannot_mend_is_asked_once_and_its_bill_counted() -> None:
    bench = Bench([REFUSED])
    outcome = bench.run(work())
    assert (outcome.status, len(outcome.attempts)) == (AtomStatus.FAILED, 1)
    assert outcome.cost_usd == bench.journal.total_usd == 0.01


def test_a_paid_answer_that_holds_nothing_takes_up_an_attempt() -> None:
    bench = Bench([EMPTY, fenced(GOOD)])
    outcome = bench.run(work())
    assert [attempt.number for attempt in outcome.attempts] == [1, 2]
    assert bench.journal.states == ["settled", "settled"]
    assert outcome.cost_usd == bench.journal.total_usd == pytest.approx(0.02)


def test_a_cut_answer_doubles_the_room_for_the_next() -> None:
    bench = Bench([CUT, CUT, CUT, fenced(GOOD)], max_tokens=4096)
    assert bench.run(work()).status is AtomStatus.COMPLETED
    assert [request.max_tokens for request in bench.model.requests] == [4096, 8192, 16384, 16384]


def test_every_call_is_booked_before_it_is_sent() -> None:
    journal = MemoryJournal()

    class Watching(ScriptedModel):
        async def complete(self, request: object) -> ModelReply:
            assert journal.states[-1] == "reserved"
            assert journal.total_usd >= self.reserves
            return await super().complete(request)  # type: ignore[arg-type]

    outcome = asyncio.run(RetryOrchestrator(Watching([fenced(WRONG), fenced(GOOD)]), validate, journal).run(work()))
    assert outcome.status is AtomStatus.COMPLETED
    assert len({entry.request_digest for entry in journal.entries.values()}) == 2


def test_an_atom_out_of_time_fails_and_keeps_the_reservation_of_its_call() -> None:
    class Slow(ScriptedModel):
        async def complete(self, request: object) -> ModelReply:
            await asyncio.sleep(60)
            raise AssertionError

    journal = MemoryJournal()
    outcome = asyncio.run(RetryOrchestrator(Slow(()), validate, journal, atom_timeout=0.5).run(work()))
    assert (outcome.status, outcome.attempts[-1].error_class, outcome.code) == (AtomStatus.FAILED, ErrorClass.TIMEOUT, STUB)
    assert journal.states == ["failed"]
    assert journal.total_usd == 0.05


def test_a_cancelled_atom_keeps_the_reservation_of_its_call() -> None:
    class Slow(ScriptedModel):
        async def complete(self, request: object) -> ModelReply:
            await asyncio.sleep(60)
            raise AssertionError

    async def cancel() -> MemoryJournal:
        journal = MemoryJournal()
        task = asyncio.create_task(RetryOrchestrator(Slow(()), validate, journal).run(work()))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return journal

    journal = asyncio.run(cancel())
    assert journal.states == ["failed"]
    assert journal.total_usd == 0.05


def test_what_may_be_tested_is_judged_off_the_event_loop() -> None:
    threads = []

    def watching(*arguments: object) -> ValidationResult:
        threads.append(threading.current_thread() is threading.main_thread())
        return validate(*arguments)  # type: ignore[arg-type]

    model = ScriptedModel([fenced(GOOD)])
    outcome = asyncio.run(RetryOrchestrator(model, watching, MemoryJournal()).run(work((BROKEN + "\n").encode())))
    assert outcome.status is AtomStatus.COMPLETED
    assert threads == [False, False]
    asyncio.run(RetryOrchestrator(OfflineModel(), watching, MemoryJournal()).run(work(DRAFT)))
    assert threads[2:] == [True]


def test_over_a_real_server_bad_then_good_completes_and_pays_what_the_ledger_says() -> None:
    journal = MemoryJournal()

    async def through(server: MessagesServer) -> AtomOutcome:
        model = open_model(api_key="k", base_url=server.url, model="claude-sonnet-5-5")
        try:
            return await RetryOrchestrator(model, validate, journal, jitter=lambda: 0.0, sleep=lambda _: asyncio.sleep(0)).run(work())
        finally:
            await model.aclose()

    with MessagesServer({"shop.Basket.total": lambda asked: BROKEN if asked == 1 else GOOD}) as server:
        server.faults.extend(["529", "", "429", "empty", ""])
        outcome = asyncio.run(through(server))
        billed = server.ledger.usd
    assert [attempt.passed for attempt in outcome.attempts] == [False, False, True]
    assert outcome.cost_usd == pytest.approx(billed, abs=1e-12)
    assert journal.total_usd == pytest.approx(billed, abs=1e-12)
    assert journal.states == ["failed", "settled", "failed", "settled", "settled"]
    assert "never closed" in server.received[2].text
