"""The limit is dealt out fairly, whatever each wants."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from mge_assets.services.pacing import shares


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
