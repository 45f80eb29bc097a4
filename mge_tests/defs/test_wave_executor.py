"""The contract of the wave executor, on a toy job in a real instance. It leans on Dagster's internals: a new Dagster must pass this first."""

import asyncio
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus, DynamicOut, DynamicOutput, In, Nothing, Out, RetryPolicy, job, op

from mge_assets.defs.resources import NothingKept
from mge_assets.defs.wave_executor import INTERRUPTED, wave_executor
from mge_tests.defs.toy import Tape, mapping_key, run, run_again_from_failure, toy_job


async def nap(key: str) -> None:
    await asyncio.sleep(0.05)


IN_FLIGHT_SECONDS = 30


def test_waves_go_in_order_and_side_by_side_inside(toy_instance: DagsterInstance):
    tape = Tape()
    ended, _ = run(toy_job(tape, [30, 20, 10], nap), toy_instance)
    assert ended.status is DagsterRunStatus.SUCCESS
    assert len(tape.ended) == 60
    assert tape.closed == 1
    for wave in (0, 1):
        assert max(tape.of_wave(wave, tape.ended)) <= min(tape.of_wave(wave + 1, tape.started))
    assert tape.most >= 25


def test_more_than_a_hundred_steps_can_be_under_way_at_once(toy_instance: DagsterInstance):
    tape = Tape()

    everybody = threading.Event()

    async def until_all_are_there(key: str) -> None:
        if len(tape.started) == 120:
            everybody.set()
        assert await asyncio.to_thread(everybody.wait, 20)

    ended, _ = run(toy_job(tape, [120], until_all_are_there), toy_instance, limit=120)
    assert ended.is_success
    assert tape.most == 120


def test_never_more_steps_are_under_way_than_the_limit(toy_instance: DagsterInstance):
    tape = Tape()
    ended, _ = run(toy_job(tape, [25], nap), toy_instance, limit=7)
    assert ended.is_success
    assert tape.most == 7


def test_a_failing_step_stops_neither_its_siblings_nor_later_waves(toy_instance: DagsterInstance):
    tape = Tape()

    async def one_fails(key: str) -> None:
        if key == "w00__0003_atom":
            message = "no luck"
            raise ValueError(message)
        await asyncio.sleep(0.01)

    ended, events = run(toy_job(tape, [8, 4], one_fails), toy_instance)
    assert ended.status is DagsterRunStatus.FAILURE
    assert len(tape.ended) == 12
    assert [mapping_key(event.step_key or "") for event in events if event.is_step_failure] == ["w00__0003_atom"]
    assert tape.closed == 0


def test_a_failed_run_is_taken_up_where_it_stopped(toy_instance: DagsterInstance):
    tape, broken = Tape(), {"w00__0002_atom"}

    async def fails_once(key: str) -> None:
        if key in broken:
            broken.clear()
            message = "down"
            raise ConnectionError(message)

    toy = toy_job(tape, [5, 3], fails_once)
    failed, _ = run(toy, toy_instance)
    assert failed.status is DagsterRunStatus.FAILURE
    tape.started.clear()
    again = run_again_from_failure(toy, toy_instance, failed)
    assert again.status is DagsterRunStatus.SUCCESS
    assert list(tape.started) == ["w00__0002_atom"]
    assert tape.closed == 1


@pytest.mark.parametrize("delay", [None, 0.2])
def test_a_step_that_is_retried_holds_up_the_next_wave(toy_instance: DagsterInstance, delay: float | None):
    tape, tries = Tape(), Counter[str]()

    async def second_time_lucky(key: str) -> None:
        tries[key] += 1
        if key == "w00__0000_atom" and tries[key] == 1:
            message = "first time"
            raise ValueError(message)

    ended, _ = run(toy_job(tape, [3, 2], second_time_lucky, RetryPolicy(max_retries=2, delay=delay)), toy_instance)
    assert ended.is_success
    assert tries["w00__0000_atom"] == 2
    assert max(tape.of_wave(0, tape.ended)) <= min(tape.of_wave(1, tape.started))


def test_an_empty_fan_still_closes(toy_instance: DagsterInstance):
    tape = Tape()
    ended, _ = run(toy_job(tape, [], nap), toy_instance)
    assert ended.is_success
    assert tape.closed == 1


def test_an_interrupt_ends_the_run_without_waiting_for_what_is_in_flight(toy_instance: DagsterInstance):
    tape = Tape()
    sent: list[float] = []

    async def long(key: str) -> None:
        await asyncio.sleep(IN_FLIGHT_SECONDS)

    def interrupt() -> None:
        while tape.under_way() < 100:
            time.sleep(0.02)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    ended, events = run(toy_job(tape, [100, 50], long), toy_instance)
    assert time.monotonic() - sent[0] < IN_FLIGHT_SECONDS
    assert ended.status is DagsterRunStatus.FAILURE
    assert INTERRUPTED in [event.message for event in events]
    assert len(tape.ended) == 100, "every step's own clean-up ran, and no further one started"


def test_blocking_steps_run_side_by_side_in_threads(toy_instance: DagsterInstance):
    meeting = threading.Barrier(6, timeout=60)

    @op(out=DynamicOut(Nothing))
    def fan() -> Iterator[DynamicOutput[None]]:
        yield from (DynamicOutput(None, mapping_key=f"w00__{place}") for place in range(6))

    @op(ins={"start": In(Nothing)}, out=Out(Nothing))
    def meet() -> None:
        meeting.wait()

    @job(executor_def=wave_executor, resource_defs={"io_manager": NothingKept()})
    def blocking() -> None:
        fan().map(lambda atom: meet(start=atom))

    ended, _ = run(blocking, toy_instance)
    assert ended.is_success


def test_every_step_is_in_the_log_in_the_order_in_which_it_went(toy_instance: DagsterInstance):
    ended, _ = run(toy_job(Tape(), [4, 4], nap), toy_instance)
    entries = toy_instance.all_logs(ended.run_id)
    kinds: dict[str, list[DagsterEventType]] = {}
    for entry in entries:
        event = entry.dagster_event
        if event and event.step_key and "work" in event.step_key:
            kinds.setdefault(event.step_key, []).append(event.event_type)
    assert len(kinds) == 8
    assert all(seen[0] is DagsterEventType.STEP_START and seen[-1] is DagsterEventType.STEP_SUCCESS for seen in kinds.values())
    assert entries[-1].dagster_event is not None
    assert entries[-1].dagster_event.event_type is DagsterEventType.RUN_SUCCESS
