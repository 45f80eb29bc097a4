"""A plan that is written and loaded again is the same plan."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mge_assets.model.masterplan import Masterplan
from mge_assets.stages.planning import dump_json, dump_yaml, parse_masterplan

CODE = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(["def f():", "    pass", "", "  ", "\tx", "# --- é", "'''", "x: y", "- z", "%", "...", "---", "a\r", "\u2028b", "end "]), max_size=8
    ).map("\n".join),
    st.lists(st.sampled_from(["def f():", "    pass", "", "# x"]), max_size=8).map(lambda lines: "\n".join(lines) + "\n"),
)
NAME = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9_. -]{0,20}\Z")
PATH = st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable())


@st.composite
def plans(draw) -> Masterplan:
    task = {
        "name": draw(NAME),
        "description": draw(st.text(min_size=1, max_size=40)),
        "file": draw(PATH),
        "code": draw(CODE),
        "depends_on": draw(st.lists(NAME, max_size=2)),
    }
    return Masterplan.model_validate(
        {
            "name": draw(NAME),
            "description": draw(CODE),
            "requirements": draw(st.lists(st.text(max_size=10), max_size=2)),
            "phases": [{"name": draw(NAME), "milestones": [{"name": draw(NAME), "tasks": [task], "tests": draw(CODE)}]}],
        }
    )


@settings(max_examples=120, deadline=None)
@given(plans())
def test_writing_and_loading_is_identity(plan):
    assert parse_masterplan(dump_yaml(plan).encode(), Path("p.yaml")).masterplan == plan
    assert parse_masterplan(dump_json(plan).encode(), Path("p.json")).masterplan == plan


def test_code_is_written_as_a_block():
    plan = Masterplan.model_validate(
        {
            "name": "p",
            "phases": [
                {"name": "A", "milestones": [{"name": "M", "tasks": [{"name": "t", "description": "d", "file": "t.py", "code": "def f():\n    return 1\n"}]}]}
            ],
        }
    )
    assert "            code: |\n              def f():\n                  return 1\n" in dump_yaml(plan)
