"""Types that JSDoc gives in JavaScript: held to what TypeScript's language service takes from them."""

import pytest

from mge_assets.model.graph import Confidence, EdgeType
from mge_assets.stages.dependency import analyse
from mge_assets.stages.dependency.incremental.incremental import reanalyse
from mge_assets.stages.dependency.javascript.documents import documents

OTHER = {"b.js": b"export class C { m() {} }\n"}
CLASSES = "class A { m() {} }\nclass B { m() {} }\n"


def called(source: str) -> set[str]:
    """Classes whose ``m`` is called for certain."""
    edges = analyse({"a.js": (CLASSES + source).encode(), **OTHER}).edges
    methods = [edge.target for edge in edges if edge.type is EdgeType.FUNCTION_CALL and edge.confidence is Confidence.RESOLVED and edge.target.endswith(".m")]
    return {method.split(".")[-2] for method in methods}


@pytest.mark.parametrize(
    ("comment", "body", "classes"),
    [
        ("@param {A} x what it is", "x.m()", {"A"}),
        ("@param {?A} x", "x.m()", {"A"}),
        ("@param {A=} x", "x.m()", {"A"}),
        ("@param {!A} [x] may be left out", "x.m()", {"A"}),
        ("@param {A|B} x", "x.m()", {"A", "B"}),
        ("@param {(A | B)} [x=1]", "x.m()", {"A", "B"}),
        ("@param {A[]} x", "x[0].m()", {"A"}),
        ("@param {Array.<A>} x", "x.forEach(each => each.m())", {"A"}),
        ("@param {Map<string, B>} x", "x.get('k').m()", {"B"}),
        ("@param {import('./b.js').C} x", "x.m()", {"C"}),
        ("@param {import('./b.js').C<A>} x", "x.m()", {"C"}),
        ("@param {{part: A}} x", "x.part.m()", {"A"}),
        ("@param {{\n *   one: A,\n *   two: {part: B},\n * }} x", "x.two.part.m()", {"B"}),
        ("@arg {A} x", "x.m()", {"A"}),
        ("@param {B} y\n * @param {A} x", "x.m()", {"A"}),
        ("@param {Named} x\n */\n/** @typedef {A} Named */\n/** @param {Named} x", "x.m()", {"A"}),
        ("@param {Object} x\n * @param {A} x.part", "x.part.m(); x.m()", set()),
        ("@param {A x", "x.m()", set()),
        ("@param {A, } x\n * @param {B} y", "y.m()", {"B"}),
        ("@param {A} other", "x.m()", set()),
        ("param {A} x", "x.m()", set()),
    ],
)
def test_a_parameter_holds_what_its_comment_says(comment: str, body: str, classes: set[str]) -> None:
    assert called(f"/**\n * Does it.\n * {comment}\n */\nfunction f(x, y) {{ {body}; }}\n") == classes


@pytest.mark.parametrize(
    "source",
    [
        "/** @param {A} x */\nconst f = (x) => x.m();",
        "/** @param {A} x */\nexport const f = function (x) { x.m(); };",
        "/** @param {A} x */\nexport default function (x) { x.m(); }",
        "/** @param {A} x */\nexports.f = function (x) { x.m(); };",
        "class D {\n  /** @param {A} x */\n  f(x) { x.m(); }\n}",
        "class D {\n  /** @param {A} x */\n  f = (x) => { x.m(); };\n}",
        "const o = {\n  /** @param {A} x */\n  f(x) { x.m(); },\n  /** @param {A} x */\n  g: (x) => x.m(),\n};",
        "/** @param {A} x */\n// and a word more\nasync function f(x) { x.m(); }",
        "/** @returns {A} */\nfunction f() { return outside(); }\nf().m();",
        "/** @return {Promise<A>} */\nconst f = () => outside();\nasync function g() { (await f()).m(); }",
        "/** @type {A} */\nlet x;\nfunction f() { x.m(); }",
        "/** @type {A[]} */\nconst x = outside(), y = 1;\nx[0].m();",
    ],
)
def test_wherever_it_stands(source: str) -> None:
    assert called(source) == {"A"}


def test_a_type_is_closed_soon_or_never() -> None:
    comment = b"/** @param {A x */ function f() {} /** @param {%s} x */ function g() {} /** @param {A} x */"
    assert [len(said) for said in documents(comment % (b"A|" * 300 + b"B")).values()] == [1, 1]
    assert [len(said) for said in documents(comment % (b"A|" * 3000 + b"B")).values()] == [1]


def test_a_result_that_the_code_tells_is_that() -> None:
    assert called("/** @returns {A} */\nfunction f() { return new B(); }\nf().m();") == {"B"}


@pytest.mark.parametrize(
    "source",
    [
        "/** @param {A} x */\nfunction g(x) {}\nfunction f(x) { x.m(); }",
        "/** @type {A} */\nconst y = 1, x = outside();\nx.m();",
        "/* @param {A} x */\nfunction f(x) { x.m(); }",
    ],
)
def test_it_is_not_taken_for_what_it_does_not_stand_before(source: str) -> None:
    assert called(source) == set()


def test_what_a_comment_names_is_needed_where_its_function_stands_and_imports_nothing() -> None:
    source = f"{CLASSES}/** @param {{A}} x\n * @param {{import('./b.js').C}} c */\nfunction f(x, c) {{}}\n".encode()
    code = analyse({"a.js": source, **OTHER}, references=True)
    assert {(edge.source, edge.target, edge.byte) for edge in code.edges} == {("a.f", "a.A", source.index(b"function"))}
    assert not any(use.line < 5 for use in code.references if use.name == "A" and use.file == "a.js" and use.line > 1)


@pytest.mark.parametrize(("old", "new"), [("{A} x", "{B} x"), ("{A} x", "{A} y"), (" * @param {A} x\n", ""), ("Does it.", "Does\n * it, and more.")])
def test_an_edit_of_a_type_is_no_layout(old: str, new: str) -> None:
    source = f"{CLASSES}/**\n * Does it.\n * @param {{A}} x\n */\nfunction f(x, y) {{ x.m(); y.m(); }}\nfunction g(x) {{ x.m(); }}\n"
    before, now = {"a.js": source.encode()}, {"a.js": source.replace(old, new).encode()}
    assert before != now
    assert reanalyse(before, analyse(before), now) == analyse(now)
