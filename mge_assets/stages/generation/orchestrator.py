"""The attempt loop: the draft if it will do, then the model, up to the bound, each attempt told what was wrong with the last."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from mge_assets.model.attempts import AtomOutcome
from mge_assets.stages.generation.atom_run import AtomRun, Validate
from mge_assets.stages.generation.calls import JournalledCaller
from mge_assets.stages.generation.journal import CallJournal
from mge_assets.stages.generation.work import AtomWork
from mge_resources.llm.port import LanguageModel

ATOM_TIMEOUT = 900.0
"""Seconds for all attempts at an atom: four slow answers at high effort and the waits between them."""
MAX_TOKENS = 4096
"""Of the first answer, thinking included: an atom takes some 150, thinking at low effort rarely over 1,000. Doubled after a cut answer."""


class RetryOrchestrator:
    """Brings atoms to code that passes level 1, or to the end of their attempts. Holds nothing of an atom, so any number run side by side.

    Args:
        model: who generates.
        validate: level 1; called as ``validate(atom, code, before, after, stub_severity)``, for new code in a thread.
        journal: keeps account of the calls.
        max_attempts: attempts beside attempt 0, the draft.
        atom_timeout: wall seconds for one atom.
        max_tokens: bound of the first answer's tokens.
        clock, sleep, jitter: time and chance, for tests.
    """

    def __init__(  # noqa: PLR0913 -- three parts, the rest has defaults
        self,
        model: LanguageModel,
        validate: Validate,
        journal: CallJournal,
        max_attempts: int = 4,
        atom_timeout: float = ATOM_TIMEOUT,
        *,
        max_tokens: int = MAX_TOKENS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._caller = JournalledCaller(model, journal, sleep, jitter)
        self._validate, self._max_attempts, self._timeout, self._max_tokens, self._clock = validate, max_attempts, atom_timeout, max_tokens, clock

    async def run(self, work: AtomWork) -> AtomOutcome:
        """How the atom ended. What a model or the code did wrong is in the outcome; only the journal's and the validator's own errors are raised."""
        run = AtomRun(work, self._caller, self._validate, self._clock, self._clock() + self._timeout, self._max_tokens)
        timer = asyncio.timeout(self._timeout)
        try:
            async with timer:
                await run.walk(self._max_attempts)
        except TimeoutError:
            if not timer.expired():
                raise
            run.cut_off(self._timeout)
        return run.outcome()
