"""Promises of the order of steps, for every mix of waves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mge_assets.defs.wave_order import DependencyOrder, WaveOrder, wave_of

WAVES = st.lists(st.integers(0, 6), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("step_key", "wave"),
    [("generated_code.generate_atom[w03__0001_a]", 3), ("x[w120__a]", 120), ("close_waves", None), ("x[w3]", None), ("w03__x", None), ("x[?]", None)],
)
def test_a_wave_is_read_from_the_mapping_key(step_key: str, wave: int | None):
    assert wave_of(step_key) == wave


@given(waves=WAVES, limit=st.integers(1, 10))
def test_no_step_starts_before_every_step_of_earlier_waves_ended_and_each_starts_once(waves: list[int], limit: int):
    order = WaveOrder(limit)
    keys = [f"op[w{wave:02d}__{place}]" for place, wave in enumerate(waves)]
    for key in keys:
        order.add(key)
    ended: list[str] = []
    under_way: list[str] = []
    while len(ended) < len(keys):
        started = order.start()
        for key in started:
            assert all(other in ended for other in keys if (wave_of(other) or 0) < (wave_of(key) or 0))
        under_way += started
        assert 0 < len(under_way) <= limit
        key = under_way.pop(len(under_way) // 2)
        order.end(key)
        ended.append(key)
    assert sorted(ended) == sorted(keys)


def test_a_step_that_is_tried_again_keeps_its_wave_open():
    order = WaveOrder(10)
    order.add("op[w00__a]")
    order.add("op[w01__b]")
    assert order.start() == ["op[w00__a]"]
    assert not order.end("op[w00__a]", again=True)
    assert order.start() == []
    order.add("op[w00__a]")
    assert order.start() == ["op[w00__a]"]
    assert order.end("op[w00__a]")
    assert order.start() == ["op[w01__b]"]


def test_a_step_of_no_wave_waits_for_nobody():
    order = WaveOrder(2)
    order.add("op[w00__a]")
    assert order.start() == ["op[w00__a]"]
    order.add("close")
    assert order.start() == ["close"]


def test_the_end_of_a_wave_is_told_once():
    order = WaveOrder(5)
    for place in range(3):
        order.add(f"op[w00__{place}]")
    ends = [order.end(key) for key in order.start()]
    assert ends == [False, False, True]


@given(data=st.data(), size=st.integers(1, 40), limit=st.integers(1, 8))
def test_by_dependency_a_step_starts_after_what_it_needs_and_waits_for_nothing_else(data: st.DataObject, size: int, limit: int):
    keys = [f"w00__{place}" for place in range(size)]
    needs = {key: data.draw(st.lists(st.sampled_from([*keys[:place], "w00__elsewhere"]), max_size=3)) for place, key in enumerate(keys)}
    order = DependencyOrder(limit, needs)
    for key in data.draw(st.permutations(keys)):
        order.add(f"op[{key}]")
    ended: set[str] = set()
    under_way: list[str] = []
    while len(ended) < size:
        started = order.start()
        assert all(set(needs[step[3:-1]]) - {"w00__elsewhere"} <= ended for step in started)
        under_way += started
        assert order.under_way == len(under_way) <= limit
        ready = [key for key in keys if key not in ended and f"op[{key}]" not in under_way and set(needs[key]) - {"w00__elsewhere"} <= ended]
        assert not ready or len(under_way) == limit
        step = under_way.pop(data.draw(st.integers(0, len(under_way) - 1)))
        ended.add(step[3:-1])
        assert order.end(step) == (len(ended) == size)


def test_by_dependency_the_longest_chain_comes_first():
    order = DependencyOrder(1, {"w00__a": [], "w00__b": [], "w01__c": ["w00__b"], "w02__d": ["w01__c"]})
    for key in ("w00__a", "w00__b", "w01__c", "w02__d"):
        order.add(f"op[{key}]")
    assert order.start() == ["op[w00__b]"]
