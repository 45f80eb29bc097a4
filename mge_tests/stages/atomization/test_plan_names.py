"""Names are unique in the whole plan, whatever its files are called, and follow from the files' paths alone."""

import pytest

from mge_assets.stages.atomization import atomize
from mge_assets.stages.atomization.plan_names import PlanNames
from mge_resources.syntax import detect_language

CODE = {"py": b"def f():\n    return 1\n", "js": b"export function f() { return 1; }\n"}
MAIN = b'def foo():\n    return 1\n\n\nif __name__ == "__main__":\n    foo()\n'


def names(files: dict[str, bytes]) -> dict[str, list[str]]:
    plan = PlanNames(files)
    found = {}
    for file, content in files.items():
        language = detect_language(file)
        assert language is not None
        found[file] = [atom.name for atom in plan.named(atomize(content, file, language)).atoms]
    return found


@pytest.mark.parametrize(
    "files",
    [
        {"pk/__init__.py": MAIN, "pk/__main__.py": MAIN, "pk/foo.py": CODE["py"]},
        {f"x/a.{ending}": CODE["py" if ending == "py" else "js"] for ending in ("js", "mjs", "ts", "tsx", "py")},
        {"x.y/a.py": CODE["py"], "x/y/a.py": CODE["py"]},
        {"x.js": CODE["js"], "x/index.js": CODE["js"]},
        {"pk/__init__.py": b"class foo:\n    def f(self):\n        return 1\n", "pk/foo/__init__.py": CODE["py"], "pk/foo/f.py": CODE["py"]},
    ],
)
def test_no_two_atoms_of_a_plan_share_a_name(files: dict[str, bytes]):
    every = [name for found in names(files).values() for name in found]
    assert len(set(every)) == len(every), every
    assert names(dict(reversed(files.items()))) == names(files)


def test_names_are_as_they_come_where_no_file_stands_in_the_way():
    assert names({"pk/__init__.py": MAIN, "pk/other.py": CODE["py"]})["pk/__init__.py"][0] == "pk.foo"


def test_a_file_that_makes_names_ambiguous_changes_the_mark_of_the_file_that_it_concerns_and_of_no_other():
    before, after = PlanNames(["pk/__init__.py", "q.py"]), PlanNames(["pk/__init__.py", "q.py", "pk/foo.py"])
    assert before.mark("pk/__init__.py") != after.mark("pk/__init__.py")
    assert before.mark("q.py") == after.mark("q.py")
