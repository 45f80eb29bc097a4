"""References: every use of a name with the lines that define it."""

from mge_assets.stages.dependency import analyse


def targets(files: dict[str, str], file: str, line: int, name: str) -> set[tuple[str, int]]:
    code = analyse({path: text.encode() for path, text in files.items()}, references=True)
    found = [use for use in code.references if (use.file, use.line, use.name) == (file, line, name)]
    assert found
    return {(place.file, place.line) for use in found for place in use.targets}


def test_an_imported_name_is_defined_by_the_import_and_at_its_origin():
    files = {"a.py": "x = 1\n", "b.py": "from a import x\n", "c.py": "from b import x as y\nprint(y)\n"}
    assert targets(files, "c.py", 2, "y") == {("c.py", 1), ("b.py", 1), ("a.py", 1)}


def test_a_name_that_nothing_binds_has_no_definition():
    assert targets({"a.py": "print(nothing)\n"}, "a.py", 1, "nothing") == set()


def test_a_class_does_not_lend_its_names_to_its_methods():
    assert targets({"a.py": "class A:\n    x = 1\n    def f(self):\n        return x\n"}, "a.py", 4, "x") == set()


def test_a_loop_may_have_assigned_the_name_before():
    assert targets({"a.py": "x = 1\nwhile x:\n    x = x.y\n"}, "a.py", 2, "x") == {("a.py", 1), ("a.py", 3)}


def test_members_of_an_enumeration_are_read_in_a_literal_type():
    files = {"a.py": "import typing as t\nimport enum\nclass A(enum.Enum):\n    B = 1\ndef f(a: t.Literal[A.B, 'c']): ...\n"}
    assert targets(files, "a.py", 5, "B") == {("a.py", 4)}
    assert targets(files, "a.py", 5, "t") == {("a.py", 1)}


def test_instance_attributes_are_defined_where_they_are_assigned():
    text = "class A:\n    def __init__(self):\n        self.x = 1\n    def f(self):\n        return self.x\n"
    assert targets({"a.py": text}, "a.py", 5, "x") == {("a.py", 3)}


def test_columns_count_from_1_in_characters():
    code = analyse({"a.py": "x = 1\n'é'; x\n".encode()}, references=True)
    assert [(use.line, use.column) for use in code.references] == [(2, 6)]


def test_a_member_of_a_typed_value_is_found_in_its_type():
    text = "interface V { v: number }\ndeclare let a: V;\na.v;\n"
    assert targets({"a.ts": text}, "a.ts", 3, "v") == {("a.ts", 1)}
    assert targets({"a.ts": text}, "a.ts", 2, "V") == {("a.ts", 1)}


def test_a_block_of_typescript_keeps_its_names():
    assert targets({"a.ts": "{ let x = 1; }\nx;\nexport {}\n"}, "a.ts", 2, "x") == set()


def test_a_generic_type_is_filled_in():
    text = "interface V { v: number }\ninterface Box<T> { it: T }\ndeclare let b: Box<V>;\nb.it.v;\n"
    assert targets({"a.ts": text}, "a.ts", 4, "v") == {("a.ts", 1)}


def test_a_reexport_is_part_of_the_chain():
    files = {"a.ts": "export let x = 1;\n", "b.ts": "export { x as y } from './a';\n", "c.ts": "import { y } from './b';\ny;\n"}
    assert targets(files, "c.ts", 2, "y") == {("c.ts", 1), ("b.ts", 1), ("a.ts", 1)}
