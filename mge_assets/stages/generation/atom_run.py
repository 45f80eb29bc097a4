"""One atom's way through its attempts."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mge_assets.model.atoms import Atom
from mge_assets.model.attempts import TEMPERATURES, AtomOutcome, AtomStatus, Attempt, ErrorClass
from mge_assets.model.findings import Severity, ValidationResult
from mge_assets.stages.generation.calls import JournalledCaller
from mge_assets.stages.generation.feedback import FeedbackGenerator, classify
from mge_assets.stages.generation.replies import ReplyError, parse_reply
from mge_assets.stages.generation.requests import build_request
from mge_assets.stages.generation.work import AtomWork, must_generate
from mge_resources.llm.port import ModelError, ModelReply, TruncatedReplyError

Validate = Callable[[Atom, bytes, bytes, bytes, Severity], ValidationResult]
"""Level 1 of an atom: the atom, its code, the file before it, the file after it, and how much a stub weighs."""
MOST_TOKENS = 16_384


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
        if not must_generate(self.work.atom, regenerate=self.work.regenerate):
            self.attempts.append(await self._judge(Attempt(0, self.work.atom.text, None), Severity.ERROR))
        while self._number < max_attempts and not self._passed:
            self._number += 1
            self._feedback = self._words()
            if not await self._attempt():
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
        if not self.attempts:
            return "".join(person)
        last = self.attempts[-1]
        repeated = any(last.code is not None and last.code == earlier.code for earlier in self.attempts[:-1])
        return "\n\n".join([*person, FeedbackGenerator(self.work).feedback(last, repeated=repeated)])

    async def _attempt(self) -> bool:
        """One attempt by the model, recorded. Answers whether another can help."""
        started = self.clock()
        try:
            request = build_request(self.work, self._number, self._feedback, self.max_tokens)
            reply = await self.caller.ask(self.work.atom.name, request, lambda: self.deadline - self.clock())
        except ModelError as error:
            self.attempts.append(self._recorded(error.billed, None, str(error), started))
            if isinstance(error, TruncatedReplyError):
                self.max_tokens = min(2 * self.max_tokens, MOST_TOKENS)
            return error.retryable and error.billed is not None
        try:
            code = parse_reply(reply.text, self.work.atom) if reply.verbatim is None else reply.verbatim
        except ReplyError as error:
            self.attempts.append(self._recorded(reply, None, str(error), started))
            return True
        severity = Severity.ERROR if reply.verbatim is None else Severity.WARNING
        self.attempts.append(await self._judge(self._recorded(reply, code, "", started), severity))
        return reply.verbatim is None  # a draft handed back will not be another one next time

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
        result = known[1] if known else await self._level_1(attempt.code, severity)
        number = self._judged.setdefault(key, (attempt.number, result))[0]
        judged = replace(attempt, validation=result, seconds=attempt.seconds + self.clock() - started)
        if result.passed:
            return judged
        first = next((str(finding) for finding in result.findings if finding.severity is Severity.ERROR), "level 1 failed")
        same = f"the same code as attempt {number}: " if known else ""
        return replace(judged, error=same + first, error_class=classify(result))

    async def _level_1(self, code: bytes, severity: Severity) -> ValidationResult:
        """Off the event loop for new code: its file is analysed anew, 20 ms on average and up to 1 s, where a draft's costs 0.2 ms and a thread 0.1 ms."""
        arguments = (self.work.atom, code, self.work.before, self.work.after, severity)
        if code == self.work.atom.text:
            return self.validate(*arguments)
        return await asyncio.to_thread(self.validate, *arguments)


def _temperature(attempt: int) -> float | None:
    return TEMPERATURES[min(attempt, len(TEMPERATURES)) - 1] if attempt else None
