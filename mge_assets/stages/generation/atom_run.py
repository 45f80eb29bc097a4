"""One atom's way through its attempts."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mge_assets.model.atoms import Atom
from mge_assets.model.attempts import TEMPERATURES, AtomOutcome, AtomStatus, Attempt, ErrorClass
from mge_assets.model.findings import CheckStatus, Severity, ValidationResult
from mge_assets.stages.generation.answers import Answer, import_place, read_answer, with_imports
from mge_assets.stages.generation.calls import JournalledCaller
from mge_assets.stages.generation.feedback import FeedbackGenerator, classify
from mge_assets.stages.generation.insistence import accepted, insists, is_contestable
from mge_assets.stages.generation.replies import ReplyError
from mge_assets.stages.generation.requests import build_request
from mge_assets.stages.generation.work import AtomWork, must_generate
from mge_resources.llm.port import ModelError, ModelReply, ModelRequest, TruncatedReplyError

Validate = Callable[[Atom, bytes, bytes, bytes, Severity], ValidationResult]
"""Level 1 of an atom: the atom, its code, the file before it, the file after it, and how much a stub weighs."""
MOST_TOKENS = 16_384
CANDIDATES = 3
"""Answers asked for side by side at the last attempt, where those before failed: the tests choose. Three wrong ones in a row are rarely the same."""
SHARED = "unit_test.shared"
"""Rule of the remark that a failing test enters other generated atoms too."""
_STRATEGIES = (
    "begin from the examples in the documentation and make each hold",
    "write the plainest version that could work, one step a line, without cleverness",
    "check each assumption about the values that come in, above all their types and whether they may be missing",
)


@dataclass
class AtomRun:
    """The attempts at one atom so far. ``deadline`` is on ``clock``."""

    work: AtomWork
    caller: JournalledCaller
    validate: Validate
    clock: Callable[[], float]
    deadline: float
    max_tokens: int
    attempts: list[Attempt] = field(default_factory=list)
    _number: int = 0
    _feedback: str = ""
    _judged: dict[tuple[bytes, Severity], tuple[int, ValidationResult]] = field(default_factory=dict)

    async def walk(self, max_attempts: int) -> None:
        """Attempt 0 where the draft may do, then the model's, until one passes, nothing more can help, or the bound is reached."""
        if self.work.given or not must_generate(self.work.atom, regenerate=self.work.regenerate):
            severity = Severity.WARNING if self.work.given else Severity.ERROR
            self.attempts.append(await self._judge(Attempt(0, self.work.atom.text, None), severity))
        self._number = self.work.attempts_made
        if self.work.more is not None and not self._passed:
            self.work = self.work.more(self.work)
        while self._number < max_attempts and not self._passed:
            self._number += 1
            self._feedback = self._words()
            last = self._number == max_attempts and self.caller.model.remote and any(each.number and each.code is not None for each in self.attempts)
            if not await (self._side_by_side() if last else self._attempt()) or self._fault_is_elsewhere():
                return

    def cut_off(self, seconds: float) -> None:
        """Record that the atom's time ran out during an attempt."""
        error = f"the atom was not done within {seconds:g} s; run it again, or with a faster model"
        self.attempts.append(Attempt(self._number, None, None, error, ErrorClass.TIMEOUT, self._feedback, _temperature(self._number), self.caller.model.name))

    def outcome(self) -> AtomOutcome:
        """The passing code, or the draft's where none passed."""
        last = self.attempts[-1] if self.attempts else None
        if last is not None and last.passed and last.code is not None:
            return AtomOutcome(self.work.atom.name, AtomStatus.COMPLETED, last.code, tuple(self.attempts))
        return AtomOutcome(self.work.atom.name, AtomStatus.FAILED, self.work.atom.text, tuple(self.attempts))

    @property
    def _passed(self) -> bool:
        return bool(self.attempts) and self.attempts[-1].passed

    def _words(self) -> str:
        person = [f"A reviewer rejected the code that stood here: {self.work.rejected_because}"] if self.work.rejected_because else []
        last = self.attempts[-1] if self.attempts else self.work.suspected
        if last is None:
            return "".join(person)
        times = self._times_given(last)
        strategy = _STRATEGIES[(self._number - 2) % len(_STRATEGIES)]
        told = FeedbackGenerator(self.work).feedback(last, repeated=times if times > 1 else 0, strategy=strategy)
        return "\n\n".join([*person, told])

    def _times_given(self, attempt: Attempt) -> int:
        return sum(each.code == attempt.code for each in self.attempts) if attempt.code is not None else 0

    def _fault_is_elsewhere(self) -> bool:
        """The model stands by its answer, and all that fails are tests that enter other generated atoms as well: asking again would pay for the same."""
        last = self.attempts[-1]
        if last.passed or last.validation is None or self._times_given(last) < 2:
            return False
        failed = [check for check in last.validation.checks if check.status is CheckStatus.FAILED]
        return bool(failed) and all(any(finding.rule == SHARED for finding in check.findings) for check in failed)

    def _request(self, strategy: str = "") -> ModelRequest:
        feedback = f"{self._feedback}\n\nThis time {strategy}." if strategy else self._feedback
        return build_request(self.work, self._number, feedback, self.max_tokens)

    async def _ask(self, request: ModelRequest) -> tuple[ModelReply | None, Answer | None, Attempt | None, bool]:
        """One answer: the reply, what it says, or else the attempt that failed; and whether another can help."""
        started = self.clock()
        try:
            reply = await self.caller.ask(self.work.atom.name, request, lambda: self.deadline - self.clock())
        except ModelError as error:
            if isinstance(error, TruncatedReplyError):
                self.max_tokens = min(2 * self.max_tokens, MOST_TOKENS)
            return None, None, self._recorded(error.billed, None, str(error), started), error.retryable and error.billed is not None
        try:
            answer = read_answer(reply.text, self.work) if reply.verbatim is None else Answer(reply.verbatim)
        except ReplyError as error:
            return reply, None, self._recorded(reply, None, str(error), started), True
        recorded = replace(self._recorded(reply, answer.code, "", started), imports=answer.imports)
        return reply, answer, recorded, reply.verbatim is None  # a draft handed back will not be another one next time

    async def _attempt(self) -> bool:
        """One attempt by the model, recorded. Answers whether another can help."""
        reply, answer, recorded, more = await self._ask(self._request())
        assert recorded is not None
        if answer is not None and reply is not None:
            recorded = await self._judge(recorded, Severity.ERROR if reply.verbatim is None else Severity.WARNING)
        self.attempts.append(recorded)
        return more

    async def _side_by_side(self) -> bool:
        """The last attempt: several answers at once, told to go different ways; the first that passes is the atom's, all are paid for."""
        asked = await asyncio.gather(*(self._ask(self._request(strategy)) for strategy in _STRATEGIES[:CANDIDATES]))
        best: Attempt | None = None
        for reply, answer, recorded, _ in asked:
            assert recorded is not None
            judged = await self._judge(recorded, Severity.ERROR) if answer is not None and reply is not None else recorded
            if best is None or judged.passed > best.passed or (judged.code is not None and best.code is None):
                best = judged
            if judged.passed:
                break
        assert best is not None
        recorded_all = [recorded for *_, recorded, _ in asked if recorded is not None]
        self.attempts.append(
            replace(
                best,
                tokens_input=sum(each.tokens_input for each in recorded_all),
                tokens_output=sum(each.tokens_output for each in recorded_all),
                cost_usd=sum(each.cost_usd for each in recorded_all),
            )
        )
        return False

    def _recorded(self, reply: ModelReply | None, code: bytes | None, error: str, started: float) -> Attempt:
        return Attempt(
            number=self._number,
            code=code,
            validation=None,
            error=error,
            error_class=ErrorClass.UNKNOWN if error else None,
            feedback=self._feedback,
            temperature=_temperature(self._number),
            model=reply.model if reply else self.caller.model.name,
            tokens_input=reply.tokens_input if reply else 0,
            tokens_output=reply.tokens_output if reply else 0,
            cost_usd=reply.cost_usd if reply else 0.0,
            seconds=self.clock() - started,
        )

    async def _judge(self, attempt: Attempt, severity: Severity) -> Attempt:
        """The attempt with level 1's verdict; code that was judged before keeps its verdict and is told to be the same."""
        assert attempt.code is not None
        started, key = self.clock(), (attempt.code, severity)
        known = self._judged.get(key)
        result = known[1] if known and not _depends_on_others(known[1]) else await self._level_1(attempt.code, severity, attempt.imports)
        number = self._judged.setdefault(key, (attempt.number, result))[0]
        if insists(result, self.attempts):
            result = accepted(result)
        judged = replace(attempt, validation=result, seconds=attempt.seconds + self.clock() - started)
        if result.passed:
            return judged
        first = next((str(finding) for finding in result.findings if finding.severity is Severity.ERROR), "level 1 failed")
        same = f"the same code as attempt {number}: " if known else ""
        return replace(judged, error=same + first, error_class=classify(result))

    async def _level_1(self, code: bytes, severity: Severity, imports: tuple[str, ...]) -> ValidationResult:
        """Off the event loop for new code: its file is analysed anew, 20 ms on average and up to 1 s, where a draft's costs 0.2 ms and a thread 0.1 ms."""
        place = import_place(self.work) if imports else None
        before = with_imports(self.work.before, place, imports) if place is not None else self.work.before
        arguments = (self.work.atom, code, before, self.work.after, severity)
        if code == self.work.atom.text and not self.caller.model.remote:
            return self.validate(*arguments)
        return await asyncio.to_thread(self.validate, *arguments)


def _depends_on_others(result: ValidationResult) -> bool:
    """Whether another atom's code, come in since, may turn a failure into a pass: the tests can be run now, or it was to blame."""
    return is_contestable(result) or any(finding.rule == SHARED for finding in result.findings)


def _temperature(attempt: int) -> float | None:
    return TEMPERATURES[min(attempt, len(TEMPERATURES)) - 1] if attempt else None
