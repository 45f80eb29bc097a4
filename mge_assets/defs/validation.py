"""Asset of the validation stage, with a check for each of the four levels."""

from collections.abc import Mapping, Sequence

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, AssetExecutionContext, MaterializeResult, MetadataValue, asset

from mge_assets.defs.figures import findings_table, table
from mge_assets.defs.partitions import ONE_RUN, PLAN_WAVES, scope_of
from mge_assets.defs.resources import WorkspaceResource
from mge_assets.model.findings import CheckStatus, Level, ValidationResult
from mge_assets.model.stages import Stage
from mge_assets.store.integration import IntegrationRun

_CHECKS = {
    Level.ATOMIC: "Every atom passes syntax, names, types, safety and its unit test; those that do not go before a person.",
    Level.TASK: "Every task's file is consistent, imports what it may, and keeps its contract.",
    Level.MILESTONE: "The tasks of every milestone fit together, without circular dependencies.",
    Level.MASTERPLAN: "The plan as a whole passes architecture, security and its acceptance tests.",
}


def check_name(level: Level) -> str:
    """The name of a level's asset check."""
    return f"{level.name.lower()}_level"


_SPECS = [
    AssetCheckSpec(check_name(level), asset="validation_results", description=text, blocking=level > Level.ATOMIC, partitions_def=PLAN_WAVES)
    for level, text in _CHECKS.items()
]


@asset(
    deps=["generated_code"],
    partitions_def=PLAN_WAVES,
    backfill_policy=ONE_RUN,
    check_specs=_SPECS,
    group_name=Stage.VALIDATION.value,
    kinds={"pytest", "postgres"},
    owners=["team:mge"],
)
def validation_results(context: AssetExecutionContext, workspace: WorkspaceResource) -> MaterializeResult:  # type: ignore[type-arg]  # subscripted, Dagster takes it for a tuple
    """What the four levels say: atoms, tasks, milestones, the masterplan with its acceptance tests run in the sandbox.

    Trouble with atoms is a warning and feeds the review queue; trouble above them stops what follows in the run.
    """
    scope, services = scope_of(context), workspace.services
    total = len(services.dependencies.waves(scope.plan).waves)
    results = services.validation.hierarchical(scope.plan, scope.waves(total))
    workspace.finish()
    rows = [_row(level, [result for result in results if result.level is level]) for level in Level]
    told = {"levels": table(rows), **_judged(results), **_rounds(services.validation.integration(scope.plan))}
    return MaterializeResult(metadata=told, check_results=[_check(level, results) for level in Level])


def _judged(results: Sequence[ValidationResult]) -> Mapping[str, MetadataValue]:
    """What failed tests speak against, where any failed."""
    found = [finding for result in results for check in result.checks if check.name == "triage" for finding in check.findings]
    return {"failed tests": findings_table(found)} if found else {}


def _rounds(rounds: Sequence[IntegrationRun]) -> Mapping[str, MetadataValue]:
    """The rounds of integration tests, where any were run."""
    rows: list[Mapping[str, str | int | float | bool | None]] = [
        {
            "after atoms": run.atoms_landed,
            "tests run": run.tests_run,
            "telling": run.tests_telling,
            "failed": run.tests_failed,
            "traced to": ", ".join(str(row["atom"]) for row in run.culprits if row["atom"]),
            "seconds": round(run.seconds, 2),
        }
        for run in rounds
    ]
    return {"integration tests": table(rows)} if rows else {}


def _row(level: Level, results: Sequence[ValidationResult]) -> dict[str, str | int | float]:
    not_run = sum(check.status is CheckStatus.NOT_RUN for result in results for check in result.checks)
    return {
        "level": level.name.lower(),
        "subjects": len(results),
        "passed": sum(result.passed for result in results),
        "checks not run": not_run,
        "mean score": round(sum(result.score for result in results) / len(results), 3) if results else 1.0,
        "seconds": round(sum(result.seconds for result in results), 2),
    }


def _check(level: Level, results: Sequence[ValidationResult]) -> AssetCheckResult:
    of_level = [result for result in results if result.level is level]
    failed = [result for result in of_level if not result.passed]
    names = ", ".join(result.subject for result in failed[:5]) + (" …" if len(failed) > 5 else "")
    return AssetCheckResult(
        check_name=check_name(level),
        passed=not failed,
        severity=AssetCheckSeverity.ERROR if level > Level.ATOMIC else AssetCheckSeverity.WARN,
        description=f"{len(failed)} of {len(of_level)} failed: {names}" if failed else f"all {len(of_level)} passed",
        metadata={"failed": len(failed), "findings": findings_table([finding for result in failed for finding in result.findings])},
    )
