"""The metrics of specification §11, by its names, in Prometheus' text format.

They are counted from rows when they are scraped: a run that crashed, or ended before anybody looked, is still in them. Only the validation level
is a label; a plan's or an atom's name never is. A gauge that has nothing to average yet has no sample. Deleting a plan takes its rows out of the
counters, which Prometheus then sees as a reset.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from mge_assets.model.findings import Level
from mge_assets.services.workspace import Workspace
from mge_assets.store.figures import FigureStore, Timing

CONTENT_TYPE = CONTENT_TYPE_LATEST


def metrics_text(workspace: Workspace) -> bytes:
    """Every metric that can be counted now, as a scrape returns it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(DatabaseCollector(workspace.stores.figures))
    return generate_latest(registry)


class DatabaseCollector:
    """A Prometheus collector over the database; it keeps nothing between scrapes."""

    def __init__(self, figures: FigureStore) -> None:
        self._figures = figures

    def describe(self) -> list[Metric]:
        """Nothing, so that registering reads nothing."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The metrics."""
        yield from self._atoms()
        yield from self._attempts()
        yield from self._executions()
        yield from self._validations()
        yield _gauge("v2_review_queue_size", "Atoms that wait for a person's decision.", self._figures.open_reviews())

    def _atoms(self) -> Iterator[Metric]:
        atoms = self._figures.atoms()
        precision = 100 * atoms.done / atoms.executed if atoms.executed else None
        yield _counter("v2_atoms_completed", "Atoms that were ever completed, by a passed attempt or by a person.", atoms.ever_completed)
        yield _gauge("v2_precision_percent", "Atoms completed now, of all atoms of executed plans, in percent.", precision)
        yield _gauge("v2_context_completeness", "Mean share of an atom's context components that are filled, 0 to 1.", atoms.completeness)
        yield _gauge("v2_atomicity_score", "Mean atomicity score of atoms, 0 to 1.", atoms.atomicity)
        yield _gauge("v2_confidence_score", "Mean confidence in scored atoms, 0 to 1.", atoms.confidence)
        yield _gauge("v2_loc_per_atom", "Mean lines of code of an atom.", atoms.loc)
        yield _gauge("v2_complexity_per_atom", "Mean cyclomatic complexity of an atom.", atoms.complexity)
        yield _summary("v2_atom_execution_time_seconds", "Wall time from an atom's start to its end, in its newest execution.", atoms.time)

    def _attempts(self) -> Iterator[Metric]:
        found = self._figures.attempts()
        rate = found.rescued_runs / found.retried_runs if found.retried_runs else None
        yield _counter("v2_atoms_generated", "Atoms brought to an end by executions, drafts taken as they are included.", found.runs)
        yield _counter("v2_atoms_succeeded", "Those of them that passed.", found.succeeded)
        yield _counter("v2_atoms_failed", "Those of them that passed in no attempt.", found.runs - found.succeeded)
        yield _counter("v2_retry_attempts", "Attempts after an atom's first call.", found.retries)
        yield _gauge("v2_retry_success", "Atoms that passed only after a retry, over all executions.", found.rescued_runs)
        yield _gauge("v2_retry_success_rate", "Share of the retried atoms that passed in the end, 0 to 1.", rate)
        yield _gauge("v2_retry_temperature_changes", "Attempts asked for at another temperature than the attempt before.", found.temperature_changes)

    def _executions(self) -> Iterator[Metric]:
        found = self._figures.executions()
        waves = found.wave_time
        yield _counter("v2_waves_executed", "Waves that ended, of the plans as they stand.", found.waves_ended)
        yield _counter("v2_execution_cost_usd", "What model calls cost, in USD; open reservations count in full.", found.cost_usd)
        yield _gauge("v2_cost_per_project_usd", "Mean cost of an executed plan, in USD.", found.cost_usd / found.plans if found.plans else None)
        yield _gauge("v2_parallel_atoms", "Most atoms in flight at once, over each plan's newest execution.", found.max_in_flight)
        yield _gauge(
            "v2_execution_precision_percent", "Mean over plans of the precision that their newest execution ended with, in percent.", found.mean_precision
        )
        yield _summary("v2_execution_time_seconds", "Wall time of executions that ended.", found.time)
        yield _summary("v2_wave_duration_seconds", "Wall time of waves that ended.", waves)
        yield _gauge("v2_wave_time_seconds", "Mean wall time of a wave that ended.", waves.mean)
        yield _gauge(
            "v2_wave_completion_percent", "Waves that ended, of all waves, in percent.", 100 * found.waves_ended / found.waves if found.waves else None
        )
        yield _gauge("v2_wave_atom_throughput", "Atoms a second while waves ran.", found.wave_atoms / waves.seconds if waves.seconds else None)

    def _validations(self) -> Iterator[Metric]:
        counts = self._figures.validations()
        passed = GaugeMetricFamily("v2_validation_passed", "Units that passed validation, by level.", labels=["level"])
        failed = GaugeMetricFamily("v2_validation_failed", "Units that failed validation, by level.", labels=["level"])
        for level, (good, bad) in counts.items():
            passed.add_metric([level.name.lower()], good)
            failed.add_metric([level.name.lower()], bad)
        atomic = counts[Level.ATOMIC]
        yield passed
        yield failed
        yield _gauge("v2_atom_validation_pass_rate", "Share of atoms that passed level 1, 0 to 1.", atomic[0] / sum(atomic) if sum(atomic) else None)


def _counter(name: str, meaning: str, value: float) -> Metric:
    """A counter; the exposition adds ``_total`` to its name."""
    return CounterMetricFamily(name, meaning, value=value)


def _gauge(name: str, meaning: str, value: float | None) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _summary(name: str, meaning: str, timing: Timing) -> Metric:
    return SummaryMetricFamily(name, meaning, count_value=timing.count, sum_value=timing.seconds)
