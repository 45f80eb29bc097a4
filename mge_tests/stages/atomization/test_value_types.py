"""Types are read as they are written in Python, TypeScript and documentation, and have values to call with."""

import pytest

from mge_assets.stages.atomization.value_types import ValueType, read_type, read_words
from mge_assets.stages.atomization.values import combinations, values_of

STRING, INTEGER, NONE = ValueType("string"), ValueType("integer"), ValueType("none")

READ = {
    "int": INTEGER,
    "str | None": ValueType("union", (STRING, NONE)),
    "Optional[str]": ValueType("union", (STRING, NONE)),
    "typing.Union[int, str]": ValueType("union", (INTEGER, STRING)),
    "list[int]": ValueType("list", (INTEGER,)),
    "'list[int]'": ValueType("list", (INTEGER,)),
    "collections.abc.Mapping[str, list[int]]": ValueType("mapping", (STRING, ValueType("list", (INTEGER,)))),
    "tuple[int, ...]": ValueType("tuple", (INTEGER, ValueType("rest"))),
    "Literal['a', 2]": ValueType("union", (ValueType("literal", value="a"), ValueType("literal", value=2))),
    "string[]": ValueType("list", (STRING,)),
    "readonly string[]": ValueType("list", (STRING,)),
    "(string | null)[]": ValueType("list", (ValueType("union", (STRING, NONE)),)),
    "Array<Record<string, boolean>>": ValueType("list", (ValueType("mapping", (STRING, ValueType("boolean"))),)),
    "'a' | 'b'": ValueType("union", (ValueType("literal", value="a"), ValueType("literal", value="b"))),
    "[string, undefined]": ValueType("tuple", (STRING, NONE)),
    "{ id: string; n?: int }": ValueType("fields", fields=(("id", STRING), ("n?", INTEGER))),
}


@pytest.mark.parametrize("written", READ)
def test_a_type_is_read_as_it_is_written(written: str) -> None:
    assert read_type(written) == READ[written]


@pytest.mark.parametrize(
    "written", ["", "Callable[[int], str]", "(a: string) => void", "Graph", "keyof T", "A & B", "list[", "{ [key: string]: number }", "x ? y : z"]
)
def test_what_is_not_plain_data_has_no_values(written: str) -> None:
    assert values_of(read_type(written)) == []


def test_a_type_of_the_file_is_looked_up_and_one_that_names_itself_ends() -> None:
    named = {"Item": "{ id: string }", "Tree": "{ left: Tree }"}
    assert read_type("Item[]", named) == ValueType("list", (ValueType("fields", fields=(("id", STRING),)),))
    assert values_of(read_type("Tree", named)) == []


def test_documentation_words_are_types_only_where_they_are() -> None:
    assert read_words("list of str, optional") == ValueType("list", (STRING,))
    assert read_words("string or None") == STRING
    assert read_words("a NetworkX graph").name == "unknown"


@pytest.mark.parametrize("written", READ)
def test_every_value_is_of_its_type(written: str) -> None:
    kind = read_type(written)
    found = values_of(kind)
    assert found
    assert all(fits(kind, value) for value in found)
    assert len({repr(value) for value in found}) == len(found)


def fits(kind: ValueType, value: object) -> bool:
    match kind.name:
        case "union":
            return any(fits(part, value) for part in kind.parts)
        case "literal":
            return value == kind.value
        case "list":
            return isinstance(value, list) and all(fits(kind.parts[0], one) for one in value)
        case "mapping":
            return isinstance(value, dict) and all(fits(kind.parts[0], key) and fits(kind.parts[1], one) for key, one in value.items())
        case "tuple" if kind.parts[-1].name == "rest":
            return isinstance(value, tuple) and all(fits(kind.parts[0], one) for one in value)
        case "tuple":
            return isinstance(value, tuple) and all(fits(part, one) for part, one in zip(kind.parts, value, strict=True))
        case "fields":
            needed = {name for name, _ in kind.fields if not name.endswith("?")}
            return isinstance(value, dict) and needed <= value.keys() <= {name.rstrip("?") for name, _ in kind.fields}
    return isinstance(value, {"string": str, "integer": int, "none": type(None), "boolean": bool}[kind.name])


def test_every_value_of_every_parameter_is_tried_alone() -> None:
    rows = combinations([[1, 2, 3], ["a", "b"]], 20)
    assert rows[0] == (1, "a")
    assert {(2, "a"), (3, "a"), (1, "b")} <= set(rows)
    assert len(set(rows)) == len(rows)
