"""What changed between two states, and the cone that it touches."""

from hypothesis import given
from hypothesis import strategies as st

from mge_assets.model.changes import Snapshot
from mge_assets.stages.dependency import changes

NAMES = [f"f{number}" for number in range(8)]


def states() -> st.SearchStrategy[Snapshot]:
    atoms = st.dictionaries(st.sampled_from(NAMES), st.sampled_from("xy"))
    return atoms.flatmap(
        lambda found: st.builds(
            Snapshot, st.just(found), st.lists(st.tuples(*[st.sampled_from(sorted(found) or NAMES)] * 2), max_size=12).map(lambda e: tuple(sorted(set(e))))
        )
    )


def test_the_cone_is_all_that_needs_a_changed_atom_near_or_far():
    before = Snapshot({"a": "1", "b": "1", "c": "1", "d": "1"}, (("b", "a"), ("c", "b")))
    after = Snapshot({"a": "2", "b": "1", "c": "1", "d": "1"}, (("b", "a"), ("c", "b")))
    change = changes(before, after)
    assert (change.changed, change.near, change.cone) == (("a",), ("b",), ("b", "c"))
    assert not change.nothing


def test_what_needed_an_atom_that_is_gone_is_touched_and_rewired():
    before = Snapshot({"a": "1", "b": "1", "c": "1"}, (("b", "a"), ("c", "b")))
    change = changes(before, Snapshot({"b": "1", "c": "1"}, (("c", "b"),)))
    assert (change.removed, change.rewired, change.near, change.cone) == (("a",), ("b",), ("b",), ("b", "c"))


@given(states())
def test_nothing_changes_between_equal_states(state: Snapshot):
    assert changes(state, state).nothing
    assert changes(state, state).cone == ()


@given(states(), states())
def test_every_atom_is_changed_touched_or_neither_and_never_two_of_them(before: Snapshot, after: Snapshot):
    change = changes(before, after)
    own, cone = {*change.added, *change.changed}, set(change.cone)
    assert not own & cone
    assert set(change.near) <= cone
    assert set(change.removed) == set(before.atoms) - set(after.atoms)
    users = {source for source, target in after.edges if target in own | cone}
    assert users <= own | cone
