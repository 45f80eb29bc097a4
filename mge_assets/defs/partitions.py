"""How the pipeline is partitioned, and what a run is asked for: a masterplan, and which of its waves.

Both dimensions are dynamic: a plan's key is added when its file is first seen, waves ``w00``, ``w01`` … when a plan needs them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dagster import AssetExecutionContext, BackfillPolicy, DagsterInstance, DynamicPartitionsDefinition, MultiPartitionsDefinition, OpExecutionContext

from mge_assets.model.errors import OrderError

MASTERPLANS = DynamicPartitionsDefinition(name="masterplan")
WAVES = DynamicPartitionsDefinition(name="wave")
PLAN_WAVES = MultiPartitionsDefinition({"masterplan": MASTERPLANS, "wave": WAVES})
ONE_RUN = BackfillPolicy.single_run()

PARTITION = "dagster/partition"
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
PLAN_TAG = "mge/masterplan"
"""On every run that we ask for ourselves; ``dagster.yaml`` lets only one run of a plan go at a time by it."""
FOLLOW_TAG = "mge/follow"
"""``yes``: when the run has succeeded, the next job is launched for its plan."""
ORDER_TAG = "mge/order"
"""``code`` or ``contract``: the order of the run's waves; the plan's own if missing."""
BATCH_TAG = "mge/batch"
"""``yes``: calls to the model go in message batches."""
OUT_TAG = "mge/out"
"""The folder to deliver to; the installation's own if missing."""
SCHEDULE_TAG = "mge/schedule"
"""``wave`` or ``dependency``: when an atom may start; by wave if missing."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run is asked for: waves ``first`` to ``last`` of a plan, both included."""

    plan: str
    first: int
    last: int

    def waves(self, total: int) -> tuple[int, ...]:
        """The asked waves that the plan has. Raises OrderError where it has none of them."""
        found = tuple(range(self.first, min(self.last, total - 1) + 1))
        if not found and total:
            raise OrderError(f"masterplan {self.plan} has waves 0 to {total - 1}, not {self.first}", fix="materialize a wave that it has")
        return found


def wave_key(wave: int) -> str:
    """The partition key of a wave: 3 gives ``w03``."""
    return f"w{wave:02d}"


def scope_of(context: AssetExecutionContext | OpExecutionContext) -> Scope:
    """The plan and waves of the run. Raises OrderError where it covers several plans."""
    tags = context.run.tags
    start = tags.get(RANGE_START) or tags[PARTITION]
    plan, first = start.split("|")
    last_plan, last = tags.get(RANGE_END, start).split("|")
    if plan != last_plan:
        raise OrderError(f"a run executes one masterplan, and this one covers {plan} to {last_plan}", fix="start a run for each of them")
    return Scope(plan, int(first[1:]), int(last[1:]))


def wave_range_tags(plan: str, waves: int) -> dict[str, str]:
    """The tags of a run over all waves of a plan."""
    return {RANGE_START: f"{plan}|{wave_key(0)}", RANGE_END: f"{plan}|{wave_key(max(waves, 1) - 1)}", PLAN_TAG: plan}


def one_wave_tags(plan: str, wave: int) -> dict[str, str]:
    """The tags of a run over one wave of a plan, as Dagster itself sets them for a partition of two dimensions."""
    return {PARTITION: f"{plan}|{wave_key(wave)}", f"{PARTITION}/masterplan": plan, f"{PARTITION}/wave": wave_key(wave), PLAN_TAG: plan}


def add_plans(instance: DagsterInstance, plans: Sequence[str]) -> None:
    """Makes the plans' partitions known."""
    instance.add_dynamic_partitions("masterplan", list(plans))


def add_waves(instance: DagsterInstance, waves: int) -> None:
    """Makes the partitions of waves 0 to ``waves - 1`` known; a plan without atoms still has wave 0, which is empty."""
    known = set(instance.get_dynamic_partitions("wave"))
    instance.add_dynamic_partitions("wave", [key for key in map(wave_key, range(max(waves, 1))) if key not in known])
