"""The short way through a step tells the same as Dagster's own, and leaves nothing behind in the process."""

import asyncio
import gc
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from dagster import AssetMaterialization, DagsterEvent, DagsterInstance, DynamicOut, DynamicOutput, In, JobDefinition, Nothing, OpExecutionContext, Out, job, op
from dagster._core.events.log import EventLogEntry

from mge_assets.defs import lean_steps, rare_collection, wave_executor
from mge_assets.defs.resources import NothingKept
from mge_tests.defs.toy import Tape, run, toy_job

KEYS = ("w00__0000_words", "w00__0001_asset", "w00__0002_metadata", "w00__0003_trouble", "w00__0004_value")


@op(out=DynamicOut(Nothing))
def fan() -> Iterator[DynamicOutput[None]]:
    yield from (DynamicOutput(None, mapping_key=key) for key in KEYS)


@op(ins={"start": In(Nothing)}, out=Out(Nothing))
async def talkative(context: OpExecutionContext) -> Any:
    """Does everything that a step may do beside its work."""
    await asyncio.sleep(0.001)
    match (context.get_mapping_key() or "").rpartition("_")[2]:
        case "words":
            context.log.info("%d words", 2)
            context.log.warning("more words")
        case "asset":
            context.log_event(AssetMaterialization("made", metadata={"size": 3}))
        case "metadata":
            context.add_output_metadata({"size": 4})
        case "trouble":
            message = "no luck"
            raise ValueError(message)
        case "value":
            return 5
    return None


@job(executor_def=wave_executor.wave_executor, resource_defs={"io_manager": NothingKept()})
def talk() -> None:
    fan().map(talkative)


def told(instance: DagsterInstance, toy: JobDefinition) -> dict[str, list[tuple[object, ...]]]:
    """What the event log has of each step, but for times, numbers of processes and where in the code an error arose."""
    ended, _ = run(toy, instance)
    found: dict[str, list[tuple[object, ...]]] = {}
    for entry in instance.all_logs(ended.run_id):
        found.setdefault(entry.step_key or "", []).append(plain(entry))
    return found


def plain(entry: EventLogEntry) -> tuple[object, ...]:
    event = entry.dagster_event
    return (entry.level, timeless(entry.user_message), entry.step_key, entry.job_name, *(of_event(event) if event else ()))


def timeless(words: str) -> str:
    return re.sub(r" in [\d.]+m?s\.$", "", words)


def of_event(event: DagsterEvent) -> tuple[object, ...]:
    data: object = event.event_specific_data
    if event.event_type_value == "STEP_SUCCESS":
        data = None
    if event.is_step_failure:
        error = event.step_failure_data.error
        data = (error.cls_name, error.message, error.cause.message if error and error.cause else "", event.step_failure_data.error_source) if error else None
    tags = {name: value for name, value in (event.logging_tags or {}).items() if name != "run_id"}
    return (event.event_type_value, event.step_handle, event.node_handle, event.step_kind_value, timeless(event.message or ""), tags, data)


def test_the_event_log_is_the_same_as_by_dagsters_own_way(toy_instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch):
    short = told(toy_instance, talk)
    monkeypatch.setattr(lean_steps, "_hands_on_nothing", lambda _: False)
    monkeypatch.setattr(wave_executor, "lightened", lambda context: context)
    long = told(toy_instance, talk)
    steps = {f"talkative[{key}]" for key in KEYS}
    assert steps <= short.keys()
    implicit = "implicit Nothing"  # the long way tells of a result that there is not
    for step in steps:
        assert short[step] == [each for each in long[step] if implicit not in str(each[1])]
    assert [each[4] for each in short["talkative[w00__0000_words]"] if len(each) > 4] == ["STEP_START", "STEP_OUTPUT", "STEP_SUCCESS"]


def test_steps_that_write_no_words_make_no_loggers(toy_instance: DagsterInstance):
    tape, most = Tape(), list[int]()

    async def counted(key: str) -> None:
        await asyncio.sleep(0.05)
        most.append(len(logging.getLogger("dagster").handlers))

    ended, _ = run(toy_job(tape, [50], counted), toy_instance)
    assert ended.is_success
    assert max(most) < 10


def test_garbage_is_searched_as_before_once_the_last_run_has_ended():
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    with rare_collection.rare_collection():
        with rare_collection.rare_collection():
            assert gc.get_threshold() == rare_collection.THRESHOLDS
        assert gc.get_threshold() == rare_collection.THRESHOLDS
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, frozen)
