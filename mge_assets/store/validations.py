"""Validation results to rows and back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import RowMapping

from mge_assets.model.findings import Check, CheckStatus, Level, Severity, ValidationResult
from mge_assets.model.ids import masterplan_id, part_id, task_id
from mge_assets.store.retrying import Store
from mge_assets.store.rows import check_from_json, check_to_json
from mge_assets.store.tables import ValidationResultRow

VALIDATOR_VERSION = "7"
"""Changes when the checks do, so that older results are not taken for current ones."""


class ValidationStore(Store):
    """Reads and writes validation results; of each unit the newest one is kept."""

    def save(self, plan: str, results: Sequence[tuple[ValidationResult, str]], execution: UUID | None) -> None:
        """Store (result, fingerprint) of levels 2–4 in place of older ones of the same units."""
        table = ValidationResultRow
        owner = masterplan_id(plan)
        rows = [{**result_row(result, mark), "masterplan_id": owner, "execution_id": execution, **_unit(plan, result)} for result, mark in results]
        with self._engine.begin() as connection:
            for level in {row["level"] for row in rows}:
                subjects = [row["subject"] for row in rows if row["level"] == level]
                connection.execute(delete(table).where(table.masterplan_id == owner, table.level == level, table.subject.in_(subjects)))
            if rows:
                connection.execute(insert(table), rows)

    def judge_again(self, plan: str, result: ValidationResult) -> None:
        """Store what a unit's result is now, its findings weighed anew; what was run, and when, stays."""
        kept = ("passed", "score", "checks_run", "checks_passed", "checks_failed", "errors", "warnings")
        row, table = result_row(result, ""), ValidationResultRow
        wanted = (table.masterplan_id == masterplan_id(plan), table.level == result.level.value, table.subject == result.subject)
        with self._engine.begin() as connection:
            connection.execute(update(table).where(*wanted).values({name: row[name] for name in kept}))

    def save_atoms(self, plan: str, results: Sequence[tuple[UUID, ValidationResult]], execution: UUID | None) -> None:
        """Store level 1 of atoms in place of what was stored of them."""
        table, owner = ValidationResultRow, masterplan_id(plan)
        rows = [{**result_row(result, ""), "masterplan_id": owner, "execution_id": execution, "atom_id": atom} for atom, result in results]
        with self._engine.begin() as connection:
            atoms = [atom for atom, _ in results]
            connection.execute(delete(table).where(table.atom_id.in_(atoms), table.level == Level.ATOMIC.value))
            if rows:
                connection.execute(insert(table), rows)

    def of_plan(self, plan: str, levels: Sequence[Level] = tuple(Level)) -> tuple[ValidationResult, ...]:
        """The newest results of these levels, from the widest level to the smallest unit."""
        table = ValidationResultRow.__table__
        wanted = (table.c.masterplan_id == masterplan_id(plan), table.c.level.in_([level.value for level in levels]))
        with self._engine.connect() as connection:
            rows = connection.execute(select(table).where(*wanted).order_by(table.c.level.desc(), table.c.subject)).mappings()
            return tuple(_result(row) for row in rows)

    def set_check(self, plan: str, atom: UUID, check: Check, execution: UUID | None) -> None:
        """Put a check beside the others of level 1 of an atom, in place of one of the same name."""
        found = self.of_atom(atom)
        if found is not None:
            checks = (*(each for each in found.checks if each.name != check.name), check)
            self.save_atoms(plan, [(atom, replace(found, checks=checks))], execution)

    def of_atom(self, atom: UUID) -> ValidationResult | None:
        """The newest level-1 result of an atom, or ``None``."""
        table = ValidationResultRow.__table__
        with self._engine.connect() as connection:
            row = connection.execute(select(table).where(table.c.atom_id == atom).order_by(table.c.validated_at.desc()).limit(1)).mappings().first()
        return _result(row) if row else None

    def marks(self, plan: str, levels: Sequence[Level]) -> Mapping[tuple[int, str], str]:
        """The fingerprint under which each passed unit was last validated, by (level, subject)."""
        table = ValidationResultRow
        wanted = (table.masterplan_id == masterplan_id(plan), table.level.in_([level.value for level in levels]), table.validator_version == VALIDATOR_VERSION)
        with self._engine.connect() as connection:
            return {
                (row.level, row.subject): row.fingerprint for row in connection.execute(select(table.level, table.subject, table.fingerprint).where(*wanted))
            }

    def of_atoms(self, plan: str) -> Mapping[str, str]:
        """Under what each atom was last validated (see ``Landing``), by its name; nothing of those that never were."""
        table = ValidationResultRow
        wanted = (table.masterplan_id == masterplan_id(plan), table.level == Level.ATOMIC.value)
        with self._engine.connect() as connection:
            return {row.subject: row.fingerprint for row in connection.execute(select(table.subject, table.fingerprint).where(*wanted))}

    def counts(self, plan: str) -> Mapping[int, tuple[int, int]]:
        """(passed, failed) by level."""
        table = ValidationResultRow
        query = select(table.level, func.count().filter(table.passed), func.count().filter(~table.passed)).where(table.masterplan_id == masterplan_id(plan))
        with self._engine.connect() as connection:
            return {row[0]: (row[1], row[2]) for row in connection.execute(query.group_by(table.level).order_by(table.level))}


def result_row(result: ValidationResult, fingerprint: str) -> dict[str, Any]:
    """A result's columns, without the keys of what it belongs to."""
    severities = [finding.severity for finding in result.findings]
    return {
        "level": result.level.value,
        "subject": result.subject,
        "fingerprint": fingerprint,
        "passed": result.passed,
        "score": result.score,
        "checks_run": [check_to_json(check) for check in result.checks],
        "checks_passed": sum(check.status in (CheckStatus.PASSED, CheckStatus.WARNED) for check in result.checks),
        "checks_failed": sum(check.status is CheckStatus.FAILED for check in result.checks),
        "errors": severities.count(Severity.ERROR),
        "warnings": severities.count(Severity.WARNING),
        "isolation": result.isolation,
        "validator_version": VALIDATOR_VERSION,
        "duration_seconds": result.seconds,
    }


def _unit(plan: str, result: ValidationResult) -> dict[str, UUID | None]:
    task = task_id(plan, result.subject) if result.level is Level.TASK else None
    milestone = part_id(masterplan_id(plan), "milestone", result.subject) if result.level is Level.MILESTONE else None
    return {"task_id": task, "milestone_id": milestone}


def _result(row: RowMapping) -> ValidationResult:
    checks = tuple(check_from_json(check) for check in row["checks_run"])
    return ValidationResult(Level(row["level"]), row["subject"], checks, row["duration_seconds"], row["isolation"])
