"""The limit is dealt out fairly, whatever each wants, and never more than there is of it."""

import asyncio
import random
from collections import defaultdict
from pathlib import Path
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st
from structlog import get_logger

from mge_assets.model.executions import ExecutionMode
from mge_assets.model.places import Standing
from mge_assets.services.heartbeat import Heartbeat
from mge_assets.services.pacing import Pacer
from mge_assets.services.sharing import deal, place_count
from mge_assets.services.stores import open_stores
from mge_assets.services.workspace import Workspace
from mge_assets.store.executions import NewExecution
from mge_tests.services.layered import Layered


@given(limit=st.integers(1, 200), claims=st.lists(st.tuples(st.integers(0, 200), st.floats(0, 1e5)), min_size=1, max_size=12))
def test_all_of_the_limit_is_dealt_and_nobody_who_wants_an_equal_part_gets_under_half_of_it(limit: int, claims: list[tuple[int, float]]):
    standings = {uuid4(): Standing(0, claimed, used) for claimed, used in claims}
    dealt = deal(limit, standings)
    assert sum(dealt.values()) == limit or (sum(dealt.values()) < limit and limit - sum(dealt.values()) < len(claims))
    assert sum(dealt.values()) <= limit
    for each, part in dealt.items():
        assert part >= min(standings[each].claimed, int(limit / len(claims) / 4))


@given(limit=st.integers(1, 200), wanted=st.lists(st.integers(0, 200), min_size=1, max_size=12))
def test_of_equals_nobody_has_more_than_an_equal_part_of_what_others_leave(limit: int, wanted: list[int]):
    standings = {uuid4(): Standing(0, claimed, 5.0) for claimed in wanted}
    dealt = deal(limit, standings)
    greedy = [dealt[each] for each, one in standings.items() if one.claimed >= limit]
    assert not greedy or max(greedy) - min(greedy) <= 1


def test_one_alone_has_all_of_it_however_little_it_wants_now():
    mine = uuid4()
    assert place_count(mine, 0, 100, {mine: Standing(0, 3)}) == 100


def test_who_comes_later_gets_its_part_as_soon_as_the_calls_of_the_first_end():
    first, second = uuid4(), uuid4()
    assert place_count(first, 40, 40, {first: Standing(40, 60, 0.0), second: Standing(0, 40)}) == 20
    assert place_count(second, 0, 40, {first: Standing(40, 60, 0.0), second: Standing(0, 40)}) == 0
    assert place_count(second, 0, 40, {first: Standing(31, 60, 0.0), second: Standing(0, 40)}) == 9
    assert place_count(second, 9, 40, {first: Standing(20, 60, 0.0), second: Standing(9, 40)}) == 20


def test_who_has_had_less_gets_more_until_it_has_caught_up_and_who_has_had_more_gives_back():
    first, second = uuid4(), uuid4()
    behind = {first: Standing(20, 60, 500.0), second: Standing(20, 60, 100.0)}
    assert deal(40, behind) == {first: 10, second: 30}
    assert deal(40, {first: Standing(20, 60, 500.0), second: Standing(20, 60, 500.0)}) == {first: 20, second: 20}


def test_fewer_places_than_executions_go_to_those_who_have_had_least():
    keys = [uuid4() for _ in range(10)]
    dealt = deal(4, {key: Standing(0, 50, 10.0 * place) for place, key in enumerate(keys)})
    assert [dealt[key] for key in keys] == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]


def test_what_others_leave_is_lent_step_by_step_and_taken_back_at_once():
    mine, other = uuid4(), uuid4()
    grown = [20]
    for _ in range(6):
        grown.append(place_count(mine, grown[-1], 40, {mine: Standing(grown[-1], 100, 0.0), other: Standing(0, 0, 0.0)}))
    assert grown == [20, 24, 28, 32, 36, 40, 40]
    assert place_count(mine, 39, 40, {mine: Standing(39, 100, 0.0), other: Standing(1, 50, 0.0)}) == 20


def test_an_execution_that_begins_claims_all_and_waiting_for_the_leader_counts():
    pacer = Pacer(40)
    assert pacer.claim() == 40
    pacer.behind = 60
    assert pacer.claim() == 60
    pacer.behind = 0
    assert pacer.claim() == 60


class Runner:
    """An execution whose calls are sleeps, with a heart, a pacer and a store of its own, as in a process of its own."""

    shares = True

    def __init__(self, settings, plan: str, limit: int, seconds: float) -> None:
        self.stores, self.seconds = open_stores(settings), seconds
        self.key = self.stores.executions.start(plan, NewExecution(f"run-{plan}", 1, ExecutionMode.V2_ATOMS, "model", 1, 1))
        self.live: dict[UUID, Runner] = {self.key: self}
        self.heart = Heartbeat(self.stores.executions, self.stores.places, limit, lambda: self.live, get_logger())
        self.pacer = Pacer(limit, self.heart.press)
        self.heart.start()

    def hear(self, order: object) -> None: ...

    def close(self) -> None:
        self.heart.stop()
        self.stores.close()


def test_runners_of_unlike_calls_that_begin_one_after_another_get_like_parts_of_all_places(workspace: Workspace, settings, tmp_path: Path):
    plans = [workspace.plans.register(Layered(f"race-{place}", (1,)).write(tmp_path)).name for place in range(4)]
    used: defaultdict[UUID, float] = defaultdict(float)
    limit, runners, total, most = 12, [], [0], [0]

    async def call(runner: Runner, chance: random.Random) -> None:
        loop = asyncio.get_running_loop()
        await runner.pacer.acquire()
        total[0] += 1
        most[0] = max(most[0], total[0])
        begin = loop.time()
        try:
            await asyncio.sleep(runner.seconds * chance.uniform(0.5, 1.5))
        finally:
            used[runner.key] += loop.time() - max(begin, counted[0])
            total[0] -= 1
            runner.pacer.release()

    async def work(runner: Runner) -> None:
        chance = random.Random(1)
        waiting = {asyncio.create_task(call(runner, chance)) for _ in range(40)}
        while True:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            waiting |= {asyncio.create_task(call(runner, chance)) for _ in done}

    counted = [float("inf")]

    async def race() -> float:
        tasks = []
        for place, plan in enumerate(plans):
            runners.append(await asyncio.to_thread(Runner, settings, plan, limit, 0.2 * 3 ** (place % 2)))
            tasks.append(asyncio.create_task(work(runners[-1])))
            await asyncio.sleep(0.4)
        counted[0] = asyncio.get_running_loop().time()
        used.clear()
        await asyncio.sleep(7)
        seconds = asyncio.get_running_loop().time() - counted[0]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return seconds

    try:
        seconds = asyncio.run(race())
    finally:
        for runner in runners:
            runner.close()
    parts = [used[runner.key] for runner in runners]
    assert most[0] <= limit
    assert sum(parts) ** 2 / (len(parts) * sum(part**2 for part in parts)) >= 0.97
    assert sum(parts) / seconds / limit >= 0.8
