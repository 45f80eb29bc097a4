"""How atoms ended, as rows: their fate, their attempts, what level 1 said last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert
from sqlalchemy.dialects.postgresql import Insert

from mge_assets.model.attempts import AtomOutcome, AtomStatus, Attempt
from mge_assets.model.findings import Level, ValidationResult
from mge_assets.store.memory import remember
from mge_assets.store.rows import finding_to_json, inserting, last_of, update_rows
from mge_assets.store.tables import AtomicUnitRow, AtomRetryRow, ValidationResultRow
from mge_assets.store.validations import result_row
from mge_resources.database.arrays import by_column

_ATTEMPT_KEY = ("atom_id", "execution_id", "attempt_number")


@dataclass(frozen=True, slots=True)
class Landing:
    """An atom's outcome together with what it is stored under: what its code follows from, and what it was judged by."""

    atom_id: UUID
    outcome: AtomOutcome
    fingerprint: str
    started_at: datetime
    completed_at: datetime
    judged_by: str = ""


def write_landings(connection: Connection, execution: UUID, owner: UUID | None, landings: Sequence[Landing]) -> None:
    """Store outcomes of an execution of the plan ``owner``; level-1 results take the place of older ones."""
    update_rows(connection, AtomicUnitRow, [_fate_row(landing) for landing in landings])
    level_one = (ValidationResultRow.atom_id.in_([landing.atom_id for landing in landings]), ValidationResultRow.level == Level.ATOMIC.value)
    connection.execute(delete(ValidationResultRow).where(*level_one))
    attempts = [_attempt_row(execution, landing.atom_id, attempt) for landing in landings for attempt in landing.outcome.attempts]
    if attempts:
        connection.execute(_keeping_attempts(tuple(attempts[0])), by_column(last_of(attempts, _ATTEMPT_KEY)))
    remember(connection, [_learnt(landing) for landing in landings if _is_learnt(landing.outcome)])
    keys = {"masterplan_id": owner, "execution_id": execution}
    results = [(landing, result) for landing in landings if (result := _last_result(landing)) is not None]
    if results:
        connection.execute(
            insert(ValidationResultRow), [{**result_row(result, landing.judged_by), **keys, "atom_id": landing.atom_id} for landing, result in results]
        )


@cache
def _keeping_attempts(names: tuple[str, ...]) -> Insert:
    """Inserts attempts, each in place of the one of its number that was there."""
    fresh = inserting(AtomRetryRow, names)
    values = {name: fresh.excluded[name] for name in names if name not in _ATTEMPT_KEY} | {"attempted_at": func.now()}
    return fresh.on_conflict_do_update(index_elements=_ATTEMPT_KEY, set_=values)


def _is_learnt(outcome: AtomOutcome) -> bool:
    """Whether a model wrote it, and it passed."""
    return outcome.status is AtomStatus.COMPLETED and bool(outcome.attempts) and outcome.attempts[-1].number > 0


def _learnt(landing: Landing) -> tuple[str, bytes, str]:
    return landing.fingerprint, landing.outcome.code, landing.outcome.attempts[-1].model


def _fate_row(landing: Landing) -> dict[str, Any]:
    outcome = landing.outcome
    last = outcome.attempts[-1] if outcome.attempts else None
    return {
        "atom_id": landing.atom_id,
        "status": outcome.status,
        "code": outcome.code,
        "fingerprint": landing.fingerprint,
        "actual_loc": sum(1 for line in outcome.code.splitlines() if line.strip()),
        "attempts": last.number if last else 0,
        "validation_passed": last.passed if last else None,
        "llm_model": last.model if last else "",
        "llm_cost_usd": outcome.cost_usd,
        "llm_tokens_input": sum(attempt.tokens_input for attempt in outcome.attempts),
        "llm_tokens_output": sum(attempt.tokens_output for attempt in outcome.attempts),
        "started_at": landing.started_at,
        "completed_at": landing.completed_at,
        "human_reviewed": False,
        "human_feedback": "",
    }


def _attempt_row(execution: UUID, atom: UUID, attempt: Attempt) -> dict[str, Any]:
    findings = attempt.validation.findings if attempt.validation else ()
    return {
        "atom_id": atom,
        "execution_id": execution,
        "attempt_number": attempt.number,
        "success": attempt.passed,
        "error_type": attempt.error_class,
        "error_message": attempt.error,
        "validation_errors": [finding_to_json(finding) for finding in findings],
        "feedback_prompt": attempt.feedback,
        "code_generated": attempt.code,
        "temperature": attempt.temperature,
        "llm_model": attempt.model,
        "llm_cost_usd": attempt.cost_usd,
        "llm_tokens_input": attempt.tokens_input,
        "llm_tokens_output": attempt.tokens_output,
        "duration_seconds": attempt.seconds,
    }


def _last_result(landing: Landing) -> ValidationResult | None:
    attempts = landing.outcome.attempts
    return attempts[-1].validation if attempts else None
