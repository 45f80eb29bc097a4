"""Python's method resolution order, held to the interpreter's own."""

from hypothesis import given
from hypothesis import strategies as st

from mge_assets.stages.dependency.fixpoint.resolution_order import linearise
from mge_assets.stages.dependency.fixpoint.values import Class

Hierarchy = tuple[list[int], ...]
"""The bases of each class."""


def hierarchies(count: int) -> st.SearchStrategy[Hierarchy]:
    """So many classes, whose bases are classes before them."""
    return st.tuples(*(st.lists(st.integers(0, place - 1), max_size=3, unique=True) if place else st.just([]) for place in range(count)))


def tangles(count: int) -> st.SearchStrategy[Hierarchy]:
    """The same where any class may be the base of any, of itself as well and more than once."""
    return st.tuples(*(st.lists(st.integers(0, count - 1), max_size=3) for _ in range(count)))


def ordered(hierarchy: Hierarchy) -> list[list[int]]:
    """Ours."""
    classes = [Class(str(place)) for place in range(len(hierarchy))]
    bases = {cls: [classes[base] for base in hierarchy[place]] for place, cls in enumerate(classes)}
    linearise(classes, bases.__getitem__)
    return [[int(known.symbol) for known in cls.order] for cls in classes]


def interpreted(hierarchy: Hierarchy) -> list[list[int] | None]:
    """The interpreter's; ``None`` where it refuses the class, or one that it inherits from."""
    made: list[type | None] = []
    for place, bases in enumerate(hierarchy):
        known = [made[base] for base in bases]
        try:
            made.append(type(str(place), tuple(cls for cls in known if cls is not None), {}) if None not in known else None)
        except TypeError:
            made.append(None)
    return [[int(cls.__name__) for cls in one.__mro__[:-1]] if one is not None else None for one in made]


@given(st.integers(1, 9).flatmap(hierarchies))
def test_it_is_the_interpreters_wherever_that_has_one(hierarchy: Hierarchy) -> None:
    assert all(theirs is None or ours == theirs for ours, theirs in zip(ordered(hierarchy), interpreted(hierarchy), strict=True))


@given(st.integers(1, 7).flatmap(tangles))
def test_where_there_is_none_each_class_comes_once_after_the_class_itself(hierarchy: Hierarchy) -> None:
    for place, order in enumerate(ordered(hierarchy)):
        assert order[0] == place
        assert len(order) == len(set(order))
