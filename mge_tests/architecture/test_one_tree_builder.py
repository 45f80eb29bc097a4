"""Python's trees are built in one place: threads that build them at once disturb each other."""

import ast
from pathlib import Path

import mge_assets
import mge_resources

ROOMS = [Path(str(package.__file__)).parent for package in (mge_assets, mge_resources)]


def test_nothing_but_the_syntax_room_builds_pythons_trees() -> None:
    builders = {
        path.name
        for room in ROOMS
        for path in room.rglob("*.py")
        if not {"harness", "examples"} & set(path.parts)
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"ast.parse"}
    }
    assert builders == {"python_ast.py"}
