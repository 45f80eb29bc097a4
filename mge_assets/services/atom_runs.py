"""Atoms of a running execution: each is brought to its end, from memory or by the attempt loop, and stored."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mge_assets.model.attempts import AtomOutcome, AtomStatus, Attempt
from mge_assets.model.errors import FencedError, HaltedError
from mge_assets.model.findings import Severity
from mge_assets.services.gathering import Gatherer
from mge_assets.services.generating import Generation
from mge_assets.services.integration import IntegrationTests
from mge_assets.services.journal import ExecutionJournal
from mge_assets.services.judging import Judge
from mge_assets.services.live import LiveExecution, unchanged
from mge_assets.services.recorded import RecordedCases
from mge_assets.services.stores import Stores
from mge_assets.services.unit_tests import UnitTests
from mge_assets.stages.generation import accepted, tests_refute
from mge_assets.stages.validation import AtomicValidator, read_thresholds
from mge_assets.stages.validation.progressive import Suite
from mge_assets.stages.validation.runs import TestRun
from mge_assets.store.atoms import StoredAtom
from mge_assets.store.landings import Landing
from mge_resources.database import DiskFullError
from mge_resources.llm.port import LanguageModel
from mge_resources.sandbox import Sandbox
from mge_resources.settings import Settings

BATCH_SECONDS = 7 * 86_400.0
"""For all attempts at an atom whose calls go in message batches, each of which may take a day."""


@dataclass(frozen=True, slots=True)
class Means:
    """What running atoms takes, whatever the execution."""

    stores: Stores
    model: LanguageModel
    settings: Settings
    log: FilteringBoundLogger
    sandbox: Sandbox
    validator: AtomicValidator


class AtomRunner:
    """Runs the atoms of one execution."""

    def __init__(self, execution: UUID, live: LiveExecution, means: Means) -> None:
        self.live, self._means = live, means
        self._stores, self._model, self._settings = means.stores, means.model, means.settings
        self._recalls: Gatherer[str, bytes | None] = Gatherer(self._recall)
        self._generation = self._generating()
        self._integration = self._integrating(execution) if self._model.remote else None

    async def run(self, atom: UUID) -> AtomOutcome:
        """Bring one atom to its end and store how it went. Where the execution is halted it is left as it was, ``READY``."""
        live = self.live
        stored = live.atoms.by_id[atom]
        if live.halted is not None:
            return AtomOutcome(stored.atom.name, AtomStatus.READY, stored.atom.text)
        started = datetime.now(UTC)
        try:
            with live.flying():
                outcome, others = await self._outcome(atom)
                outcome = live.keeping(outcome)
                beside: list[tuple[UUID, AtomOutcome]] = []
                if not outcome.reused:
                    beside += [*self._with_imports(others), *live.with_imports(atom, outcome)]
                    for key, ended in (*beside, (atom, outcome)):
                        await live.writer.put(self._landing(key, ended, started))
                outcome = live.keeping(outcome)  # others may have put lines into it while it was stored
                live.landed(atom, outcome.status, outcome.code)
                self._generation.stored(outcome.name)
                for key, ended in self._with_imports(await self._generation.met(atom, outcome)):
                    await live.writer.put(self._landing(key, ended, started))
                    beside.append((key, ended))
        except (HaltedError, FencedError, DiskFullError) as error:
            halted = _no_room(error, live.atoms.plan.name) if isinstance(error, DiskFullError) else error
            live.halted = live.halted or halted
            return AtomOutcome(stored.atom.name, AtomStatus.READY, stored.atom.text)
        finally:
            self._generation.stored(stored.atom.name)
            if not live.in_flight:
                await live.model.aclose()
        self._tell(atom, outcome)
        if self._integration is not None:
            await self._integration.landed(outcome.name, outcome, [(ended.name, ended.code) for _, ended in beside])
        return outcome

    def _with_imports(self, written: Iterable[tuple[UUID, AtomOutcome]]) -> list[tuple[UUID, AtomOutcome]]:
        """Each with its file's import atom before it, where it needs more of that."""
        return [each for key, ended in written for each in (*self.live.with_imports(key, ended), (key, ended))]

    def _integrating(self, execution: UUID) -> IntegrationTests:
        """The execution's integration tests. They are run where a model can mend what they find: else nothing changes between two rounds."""
        tests = self._stores.plans.tests(self.live.atoms.plan.name)
        return IntegrationTests(self.live, execution, self._stores, self._means.sandbox, tests, self._settings.integration_every, self._mend)

    async def _mend(self, name: str, suite: Suite, run: TestRun) -> Sequence[tuple[str, bytes]]:
        live, started, changed = self.live, datetime.now(UTC), list[tuple[UUID, AtomOutcome]]()
        try:
            with live.flying():
                mended = await self._generation.mend(name, suite.file, suite.text, run)
                changed = self._with_imports([mended] if mended is not None else [])
                for key, ended in changed:
                    await live.writer.put(self._landing(key, ended, started))
        except (HaltedError, FencedError) as halted:
            live.halted = live.halted or halted
            return ()
        finally:
            if not live.in_flight:
                await live.model.aclose()
        return [(ended.name, ended.code) for _, ended in changed]

    async def _outcome(self, atom: UUID) -> tuple[AtomOutcome, tuple[tuple[UUID, AtomOutcome], ...]]:
        live = self.live
        stored = live.atoms.by_id[atom]
        blocked = live.blocked_by(atom)
        if blocked:
            return AtomOutcome(stored.atom.name, AtomStatus.BLOCKED, stored.atom.text, blocked_by=blocked), ()
        recalled = await self._recalled(stored)
        return (recalled, ()) if recalled is not None else await self._generation.run(atom)

    def _generating(self) -> Generation:
        """The execution's generation. Tests are run where a model can mend what they find."""
        live, means, settings = self.live, self._means, self._settings
        assert live.accounts is not None
        tests = UnitTests(live, means.sandbox, live.yardstick.tests) if live.yardstick.tests else None
        seconds = BATCH_SECONDS if live.accounts.batched else settings.atom_timeout
        journal = partial(ExecutionJournal, live.accounts)
        judge = Judge(live, means.validator, settings.validation_strictness, read_thresholds(settings.validation_thresholds or ""))
        cases = RecordedCases(live, means.sandbox, tests) if tests else None
        return Generation(live, live.model, settings.retry_max_attempts, seconds, journal, judge, tests, cases)

    async def _recalled(self, stored: StoredAtom) -> AtomOutcome | None:
        """The atom as it stands, where what it needs came out as before; or the code that any plan had for the same. Either must pass today's checks here."""
        live = self.live
        if stored.rejected_because:
            return None
        print_ = self._print(stored)
        if unchanged(stored, print_):
            if live.yardstick.holds(stored) and live.atoms.generates(stored):
                await asyncio.to_thread(self._stores.atoms.set_status, [stored.atom_id], AtomStatus.COMPLETED)
                return AtomOutcome(stored.atom.name, AtomStatus.COMPLETED, stored.code or b"", reused=True)
            code = stored.code
        elif live.atoms.generates(stored):
            code = await self._recalls.put(print_)
        else:
            code = None
        if code is None:
            return None
        work = live.work(stored.atom_id)
        result = await asyncio.to_thread(self._generation.validate, stored.atom, code, work.before, work.after, Severity.ERROR)
        if tests_refute(result):  # it was stood by when it was first taken
            result = accepted(result)
        return AtomOutcome(stored.atom.name, AtomStatus.COMPLETED, code, (Attempt(0, code, result),)) if result.passed else None

    def _recall(self, prints: Sequence[str]) -> Sequence[bytes | None]:
        known = self._stores.memory.known(prints)
        return [known.get(print_) for print_ in prints]

    def _landing(self, atom: UUID, outcome: AtomOutcome, started: datetime) -> Landing:
        live, stored = self.live, self.live.atoms.by_id[atom]
        return Landing(atom, outcome, self._print(stored), started, datetime.now(UTC), live.yardstick.mark(stored))

    def _print(self, stored: StoredAtom) -> str:
        return self.live.atoms.fingerprint(stored, self._model.name, self.live.codes)

    def _tell(self, atom: UUID, outcome: AtomOutcome) -> None:
        live = self.live
        where = {"plan": live.atoms.plan.name, "wave": live.atoms.wave_of[atom], "atom": outcome.name, "mode": live.atoms.mode.value}
        error = outcome.attempts[-1].error if outcome.attempts and outcome.status is not AtomStatus.COMPLETED else ""
        self._means.log.info("atom ended", **where, status=outcome.status.value, attempts=len(outcome.attempts), usd=outcome.cost_usd, error=error)


def _no_room(error: DiskFullError, plan: str) -> HaltedError:
    """The error of an execution whose database has no room: what is in flight is lost, what landed is not."""
    return HaltedError(error.what, fix=f"{error.fix}, then go on with `mge resume {plan}`")
