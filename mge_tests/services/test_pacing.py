"""The limit is dealt out fairly, whatever each wants."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from mge_assets.services.pacing import Pacer, share, shares


@given(limit=st.integers(1, 200), wanted=st.lists(st.integers(0, 200), min_size=1, max_size=12))
def test_nobody_gets_nothing_nobody_more_than_an_equal_part_of_what_others_leave(limit: int, wanted: list[int]):
    asked: dict[UUID, int] = {uuid4(): want for want in wanted}
    dealt = shares(limit, asked)
    assert min(dealt.values()) >= 1
    assert sum(dealt.values()) <= max(limit, len(wanted))
    greedy = [dealt[each] for each, want in asked.items() if want >= limit]
    assert not greedy or max(greedy) - min(greedy) <= 1


def test_one_alone_has_all_of_it_however_little_it_wants_now():
    assert list(shares(100, {uuid4(): 3}).values()) == [100]


def test_who_comes_later_gets_an_equal_part_as_soon_as_the_calls_of_the_first_end():
    first, second = uuid4(), uuid4()
    assert share(first, 40, 40, {first: (40, 60), second: (0, 40)}) == 20
    assert share(second, 1, 40, {first: (40, 60), second: (0, 40)}) == 1
    assert share(second, 1, 40, {first: (31, 60), second: (1, 40)}) == 9
    assert share(second, 9, 40, {first: (35, 60), second: (9, 40)}) == 9
    assert share(second, 9, 40, {first: (20, 60), second: (9, 40)}) == 20


def test_what_others_leave_is_lent_step_by_step_and_taken_back_at_once():
    mine, other = uuid4(), uuid4()
    grown = [20]
    for _ in range(6):
        grown.append(share(mine, grown[-1], 40, {mine: (grown[-1], 100), other: (0, 0)}))
    assert grown == [20, 24, 28, 32, 36, 39, 39]
    assert share(mine, 39, 40, {mine: (39, 100), other: (1, 50)}) == 20


def test_calls_of_message_batches_take_no_places_from_others():
    mine, batched = uuid4(), uuid4()
    assert share(mine, 36, 40, {mine: (5, 40), batched: (1_000, 0)}) == 39


def test_an_execution_that_begins_claims_all_and_waiting_for_the_leader_counts():
    pacer = Pacer(40)
    assert pacer.claim() == 40
    pacer.behind = 60
    assert pacer.claim() == 60
    pacer.behind = 0
    assert pacer.claim() == 60
