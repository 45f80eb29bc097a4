"""Rounds of integration tests, to rows and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from mge_assets.model.ids import masterplan_id
from mge_assets.store.retrying import Store, again_after_loss
from mge_assets.store.tables import IntegrationRunRow


@dataclass(frozen=True, slots=True)
class IntegrationRun:
    """One round: after how many atoms, how many tests ran, mean something and failed, what it took; ``culprits`` has an entry for each failed test."""

    number: int
    atoms_landed: int
    tests_run: int
    tests_telling: int
    tests_failed: int
    probes: int
    seconds: float
    unsteady: tuple[str, ...] = ()
    culprits: tuple[Mapping[str, Any], ...] = ()


class IntegrationStore(Store):
    """Reads and writes rounds."""

    def add(self, plan: str, execution: UUID, run: IntegrationRun) -> None:
        """Store a round of an execution."""
        self._add(uuid4(), plan, execution, run)

    @again_after_loss
    def _add(self, key: UUID, plan: str, execution: UUID, run: IntegrationRun) -> None:
        row = {
            "run_id": key,
            "masterplan_id": masterplan_id(plan),
            "execution_id": execution,
            "number": run.number,
            "atoms_landed": run.atoms_landed,
            "tests_run": run.tests_run,
            "tests_telling": run.tests_telling,
            "tests_failed": run.tests_failed,
            "probes": run.probes,
            "unsteady": list(run.unsteady),
            "culprits": [dict(each) for each in run.culprits],
            "duration_seconds": run.seconds,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(IntegrationRunRow).values(row).on_conflict_do_nothing())

    def of_execution(self, execution: UUID) -> Sequence[IntegrationRun]:
        """The rounds of an execution, the first one first."""
        table = IntegrationRunRow.__table__
        with self._engine.connect() as connection:
            rows = connection.execute(select(table).where(table.c.execution_id == execution).order_by(table.c.created_at, table.c.number)).mappings()
            return tuple(
                IntegrationRun(
                    row["number"],
                    row["atoms_landed"],
                    row["tests_run"],
                    row["tests_telling"],
                    row["tests_failed"],
                    row["probes"],
                    row["duration_seconds"],
                    tuple(row["unsteady"]),
                    tuple(row["culprits"]),
                )
                for row in rows
            )
