"""Files that something can flow between belong to one part."""

import pytest

from mge_assets.stages.dependency import analyse
from mge_assets.stages.dependency.python.parts import PythonParts


def parts(**files: str) -> list[set[str]]:
    found = PythonParts({f"{name.replace('_s_', '/')}.py": source.encode() for name, source in files.items()})
    return [set(part.files) for part in found.parts]


@pytest.mark.parametrize(
    "user",
    [
        "import a.b",
        "import a.b as c",
        "import os, a.b",
        "from a import b",
        "from a.b import f",
        "from a.b import *",
        "def g():\n    with open('x') as y:\n        from a import b",
        "match 1:\n    case 1:\n        import a.b",
        "try:\n    pass\nexcept* OSError:\n    import a.b",
        "import importlib\nimportlib.import_module('a.b')",
        "if True: import a.b",
    ],
)
def test_an_import_joins_wherever_it_stands(user):
    assert parts(a_s_b="def f(): pass", use=user, other="import os") == [{"a/b.py", "use.py"}, {"other.py"}]


def test_a_package_and_what_is_relative_in_it_are_one_part():
    found = PythonParts({"p/__init__.py": b"", "p/a.py": b"", "p/q/__init__.py": b"", "p/q/b.py": b"from ..a import f\n", "x.py": b""})
    assert [set(part.files) for part in found.parts] == [{"p/__init__.py", "p/a.py", "p/q/__init__.py", "p/q/b.py"}, {"x.py"}]


def test_a_folder_without_a_file_of_its_own_joins_only_what_its_users_see():
    apart = PythonParts({"jobs/one.py": b"", "jobs/two.py": b""})
    assert len(apart.parts) == 2
    seen = PythonParts({"jobs/one.py": b"", "jobs/two.py": b"", "use.py": b"import jobs.one\n"})
    assert [set(part.files) for part in seen.parts] == [{"jobs/one.py", "jobs/two.py", "use.py"}]


def test_parts_find_together_what_each_finds_alone():
    one = {"a/x.py": b"class C:\n    def go(self): pass\n", "a/y.py": b"from x import C\nC().go()\n"}
    other = {"b/z.py": b"def f(o):\n    return o.go()\n"}
    whole, alone = analyse(one | other), [analyse(one), analyse(other)]
    assert {edge for edge in whole.edges if edge.file in one} >= set(alone[0].edges)
    assert {edge for edge in whole.edges if edge.file in other} == set(alone[1].edges)
