"""References: every use of a name with the lines that define it."""

import pytest

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


UNION = """interface Base { code?: string }
interface A extends Base { code: "a"; v: number }
interface B extends Base { code: "b" | "c"; v: string }
interface Open extends Base { code: "o" | (string & {}); v: Date }
type Kind = A | B;
"""


@pytest.mark.parametrize(
    ("test", "lines"),
    [
        ('switch (x.code) { case "a":\n x.v; }', {2}),
        ('switch (x.code) { case "a": break; case "c":\n x.v; }', {3}),
        ('switch (x.code) { case "a": case "b":\n x.v; }', {2, 3}),
        ('switch (x.code) { case "a": f(x); case "b":\n x.v; }', {2, 3}),
        ("switch (x.code) { default:\n x.v; }", {2, 3}),
        ('if (x.code === "b")\n x.v;', {3}),
        ('if ((x.code) == "b" && f(x))\n x.v;', {3}),
        ('if (x.code !== "b")\n x.v;', {2, 3}),
        ('if (x.code === "a") f(x);\n x.v;', {2, 3}),
    ],
)
def test_a_tested_property_tells_the_types_of_a_union_apart(test: str, lines: set[int]) -> None:
    assert targets({"a.ts": f"{UNION}function f(x: Kind) {{ {test} }}\n"}, "a.ts", 7, "v") == {("a.ts", line) for line in lines}


def test_a_type_that_allows_for_any_word_is_never_told_apart() -> None:
    assert targets({"a.ts": f'{UNION}function f(x: A | Open) {{ if (x.code === "a")\n x.v; }}\n'}, "a.ts", 7, "v") == {("a.ts", 2), ("a.ts", 4)}


GENERIC = """interface V { v: number }
interface W { v: string }
interface Box<T> { it: T; also: Box<T>; deep: Box<T[]> }
type Flat<T> = { [K in keyof T]: T[K] };
type Loose<T> = { [K in keyof T]?: T[K] | undefined };
type Both<T, K extends keyof T> = Omit<T, K> & Loose<Pick<T, K>>;
type Of<T, D = Flat<T>> = T extends Box<infer U> ? D : Flat<Both<D, never>>;
type Deep<T> = T extends V ? Flat<T> : Deep<T>;
"""


@pytest.mark.parametrize(
    ("kind", "path"),
    [("Box<{}>", "it"), ("Box<{}>", "also.it"), ("Flat<{}>", ""), ("Both<{}, never>", ""), ("Loose<Flat<{}>>", ""), ("Of<{}>", ""), ("Deep<{}>", "")],
)
def test_a_generic_type_is_another_for_each_of_its_arguments(kind: str, path: str) -> None:
    read = ".".join(part for part in ("x", path, "v") if part)
    text = f"export {{}};\n{GENERIC}function f(x: {kind.format('V')}) {{\n {read}; }}\nfunction g(x: {kind.format('W')}) {{\n {read}; }}\n"
    assert (targets({"a.ts": text}, "a.ts", 11, "v"), targets({"a.ts": text}, "a.ts", 13, "v")) == ({("a.ts", 2)}, {("a.ts", 3)})


def test_an_imported_generic_type_is_another_for_each_of_its_arguments() -> None:
    files = {
        "a.ts": "export interface Box<T = string> { it: Inner<T> }\ntype Inner<T> = { of: T };\n",
        "b.ts": "import type { Box } from './a';\nimport * as a from './a';\ninterface V { v: 1 }\ninterface W { v: 1 }\n"
        "declare let x: Box<V>;\ndeclare let y: a.Box<W>;\nx.it.of.v;\ny.it.of.v;\n",
    }
    assert (targets(files, "b.ts", 7, "v"), targets(files, "b.ts", 8, "v")) == ({("b.ts", 3)}, {("b.ts", 4)})
    assert (targets(files, "b.ts", 7, "of"), targets(files, "a.ts", 2, "T")) == ({("a.ts", 2)}, {("a.ts", 2)})


def test_a_mapped_type_s_members_are_defined_where_they_come_from_and_others_where_it_is_written() -> None:
    text = "type Keys = 'a' | 'b';\ninterface V { v: number }\ntype M = { [K in Keys]: V };\ntype N = { [K in keyof V]: string };\n"
    text += "declare let m: M, n: N;\nm.a.v;\nn.v;\n"
    assert (targets({"a.ts": text}, "a.ts", 6, "a"), targets({"a.ts": text}, "a.ts", 6, "v")) == ({("a.ts", 3)}, {("a.ts", 2)})
    assert targets({"a.ts": text}, "a.ts", 7, "v") == {("a.ts", 2)}


def test_a_reexport_is_part_of_the_chain():
    files = {"a.ts": "export let x = 1;\n", "b.ts": "export { x as y } from './a';\n", "c.ts": "import { y } from './b';\ny;\n"}
    assert targets(files, "c.ts", 2, "y") == {("c.ts", 1), ("b.ts", 1), ("a.ts", 1)}
