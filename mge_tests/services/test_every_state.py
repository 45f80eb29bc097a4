"""Every command in every state that an execution can be in, on the real store: it does its thing, or refuses with one line that says what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.errors import ConflictError, MgeError, OrderError
from mge_assets.model.executions import ExecutionStatus
from mge_assets.services.workspace import Workspace, open_workspace
from mge_resources.database import create_engine
from mge_tests.services.layered import Layered
from mge_tests.services.walk import plan_all, walk

PLAN = Layered("stately", (2, 2))
RUNNING, PENDING, PAUSED, COMPLETED, FAILED = (
    ExecutionStatus.RUNNING,
    ExecutionStatus.PENDING,
    ExecutionStatus.PAUSED,
    ExecutionStatus.COMPLETED,
    ExecutionStatus.FAILED,
)


class House:
    """Two processes over one database: one that runs plans, and one from which a person gives orders."""

    def __init__(self, runner: Workspace, person: Workspace, folder: Path) -> None:
        self.runner, self.person, self.folder = runner, person, folder
        self.plan = plan_all(runner, PLAN.write(folder))
        self.atom = next(stored.atom_id for stored in runner.stores.atoms.of_plan(self.plan) if stored.atom.name.endswith("f0_0"))

    def run(self) -> None:
        self.execution = self.runner.execution.start(self.plan, "run")

    def rows(self, values: str) -> None:
        engine = create_engine(self.runner.settings.database_url.get_secret_value())
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE executions SET {values}"))
        engine.dispose()

    def reset(self) -> None:
        """As it was before anything was asked for."""
        for execution in list(self.runner.execution.live):
            self.runner.execution.finish(execution)
        engine = create_engine(self.runner.settings.database_url.get_secret_value())
        with engine.begin() as connection:
            connection.execute(text("TRUNCATE executions CASCADE"))
        engine.dispose()

    @property
    def status(self) -> ExecutionStatus | None:
        newest = self.person.stores.executions.newest(self.plan)
        return newest.status if newest else None


def never(house: House) -> None: ...


def asked(house: House) -> None:
    house.person.execution.ask(house.plan)


def running(house: House) -> None:
    house.run()


def pausing(house: House) -> None:
    house.run()
    house.person.execution.pause(house.plan)


def cancelling(house: House) -> None:
    house.run()
    house.person.execution.cancel(house.plan)


def lost(house: House) -> None:
    house.run()
    house.runner.execution._heart.stop()
    house.rows("owner = 'elsewhere 1 1', lease_until = now() - interval '5 minutes'")


def paused(house: House) -> None:
    house.run()
    house.person.execution.pause(house.plan)
    house.runner.execution._heart.beat()
    house.runner.execution.finish(house.execution)


def completed(house: House) -> None:
    walk(house.runner, house.folder / f"{PLAN.name}.yaml", house.folder / "out")


def failed(house: House) -> None:
    house.run()
    house.runner.execution.finish(house.execution, error="it broke")


def cancelled(house: House) -> None:
    house.run()
    house.person.execution.cancel(house.plan)
    house.runner.execution._heart.beat()
    house.runner.execution.finish(house.execution)


def start(house: House) -> object:
    return house.person.execution.ask(house.plan)


def pause(house: House) -> object:
    return house.person.execution.pause(house.plan)


def resume(house: House) -> object:
    if house.person.execution.resume(house.plan) is PAUSED:
        house.person.execution.go_on(house.plan)
    return house.status


def cancel(house: House) -> object:
    return house.person.execution.cancel(house.plan)


def retry(house: House) -> object:
    """Of an atom that failed."""
    house.person.stores.atoms.set_status([house.atom], AtomStatus.FAILED)
    house.person.execution.retry(house.atom)
    return house.person.execution.ask_again(house.plan)


def wave(house: House) -> object:
    return house.person.execution.ask_again(house.plan, wave=1)


NOT_RUN, TAKEN, TWICE = (OrderError, "mge run"), (ConflictError, "is being executed"), (ConflictError, "asked to be executed already")
STOPPING, ENDING = (ConflictError, "is being paused"), (ConflictError, "is being cancelled")
Expected = ExecutionStatus | tuple[type[MgeError], str]
TABLE: dict[Callable[[House], None], dict[Callable[[House], object], Expected]] = {
    never: {start: PENDING, pause: NOT_RUN, resume: NOT_RUN, cancel: NOT_RUN, retry: PENDING, wave: PENDING},
    asked: {start: TWICE, pause: PAUSED, resume: PENDING, cancel: FAILED, retry: TWICE, wave: TWICE},
    running: {start: TAKEN, pause: RUNNING, resume: RUNNING, cancel: RUNNING, retry: TAKEN, wave: TAKEN},
    pausing: {start: TAKEN, pause: RUNNING, resume: STOPPING, cancel: RUNNING, retry: TAKEN, wave: TAKEN},
    cancelling: {start: TAKEN, pause: ENDING, resume: ENDING, cancel: ENDING, retry: TAKEN, wave: TAKEN},
    lost: {start: PENDING, pause: PAUSED, resume: PENDING, cancel: FAILED, retry: PENDING, wave: PENDING},
    paused: {start: PENDING, pause: PAUSED, resume: PENDING, cancel: FAILED, retry: PENDING, wave: PENDING},
    completed: {start: PENDING, pause: NOT_RUN, resume: NOT_RUN, cancel: NOT_RUN, retry: PENDING, wave: PENDING},
    failed: {start: PENDING, pause: NOT_RUN, resume: NOT_RUN, cancel: NOT_RUN, retry: PENDING, wave: PENDING},
    cancelled: {start: PENDING, pause: NOT_RUN, resume: NOT_RUN, cancel: NOT_RUN, retry: PENDING, wave: PENDING},
}


@pytest.fixture
def house(workspace: Workspace, settings, tmp_path: Path):
    with open_workspace(settings) as person:
        yield House(workspace, person, tmp_path)


@pytest.mark.parametrize("state", TABLE, ids=lambda each: each.__name__)
def test_each_command_does_its_thing_or_refuses_in_one_clear_line(house: House, state: Callable[[House], None]):
    for command, expected in TABLE[state].items():
        house.reset()
        state(house)
        stood = house.status
        if isinstance(expected, ExecutionStatus):
            command(house)
            assert house.status is expected, command.__name__
            continue
        atom = house.person.atoms.get(house.atom).status
        with pytest.raises(expected[0], match=expected[1]) as refused:
            command(house)
        assert "\n" not in str(refused.value)
        assert refused.value.fix
        assert house.status is stood, command.__name__
        assert command is retry or house.person.atoms.get(house.atom).status is atom


def test_an_atom_that_did_not_fail_is_not_retried(house: House):
    for status in (AtomStatus.PENDING, AtomStatus.READY, AtomStatus.COMPLETED):
        house.person.stores.atoms.set_status([house.atom], status)
        with pytest.raises(OrderError, match="completed" if status is AtomStatus.COMPLETED else "was not tried yet"):
            house.person.execution.retry(house.atom)
        assert house.person.atoms.get(house.atom).status is status


def test_one_wave_that_was_paused_goes_on_as_that_wave_and_then_the_plan_does(house: House):
    house.person.execution.ask(house.plan, wave=0)
    execution = house.runner.execution.start(house.plan, "one", wave=0)
    house.runner.execution.atoms(execution, [0])
    house.person.execution.pause(house.plan)
    house.runner.execution._heart.beat()
    assert house.runner.execution.finish(execution).status is PAUSED
    assert resume(house) is PENDING
    assert [one.wave for one in house.person.execution.asked()] == [0]
    again = house.runner.execution.start(house.plan, "two", wave=0)
    assert again == execution
    house.runner.stores.atoms.set_status(house.runner.execution.live[again].atoms.waves[0], AtomStatus.COMPLETED)
    for atom in house.runner.execution.live[again].atoms.waves[0]:
        house.runner.execution.live[again].landed(atom, AtomStatus.COMPLETED, b"")
    ended = house.runner.execution.finish(again)
    assert (ended.status, ended.waves_done, ended.waves) == (PAUSED, 1, ended.waves)
    assert "mge resume stately" in ended.reason
    assert resume(house) is PENDING
    assert [one.wave for one in house.person.execution.asked()] == [None]
