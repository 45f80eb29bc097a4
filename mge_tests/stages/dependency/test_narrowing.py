"""Behind a condition a value is what can have passed it: held to what TypeScript's language service leads to."""

import pytest

from mge_assets.model.graph import Confidence
from mge_assets.stages.dependency import analyse

CLASSES = "class A {\n  m() {}\n  a() {}\n}\nclass B {\n  m() {}\n  b() {}\n}\n"
KINDS = "interface P { kind: 'p'; m: number }\ninterface Q { kind: 'q'; m: number }\ninterface R { kind: 'r'; m: number }\n"
A, B, P, Q, R = 2, 6, 9, 10, 11
"""Lines on which ``m`` is defined."""


def behind(source: str, file: str = "c.ts") -> list[set[int]]:
    """Where each use of ``m`` leads."""
    code = analyse({file: (CLASSES + KINDS + source).encode()}, references=True)
    return [{place.line for place in use.targets} for use in code.references if use.name == "m" and use.line > R]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("if (x instanceof A) { x.m(); }", {A}),
        ("if (x instanceof A) { } else { x.m(); }", {B}),
        ("if (!(x instanceof A)) { return; } x.m();", {A}),
        ("if (x instanceof A) throw new Error(); x.m();", {B}),
        ("for (;;) { if (x instanceof A) continue; x.m(); }", {B}),
        ("while (x instanceof A) { x.m(); }", {A}),
        ("for (; x instanceof B; ) x.m();", {B}),
        ("return x instanceof A && x.m();", {A}),
        ("return x instanceof A || x.m();", {B}),
        ("return x instanceof A ? 0 : x.m();", {B}),
        ("x instanceof A && y; x.m();", {A, B}),
        ("x instanceof A ? y : 0; x.m();", {A, B}),
        ("if (x instanceof A) { x = y; x.m(); }", {A, B}),
        ("if (x instanceof A && y instanceof B) { y.m(); }", {B}),
        ("if (x instanceof A || y instanceof B) { x.m(); }", {A, B}),
        ("if ('a' in x) { x.m(); }", {A}),
        ("if ('b' in x) { return; } x.m();", {A}),
        ("if (is(x)) { x.m(); } else { }", {A}),
        ("if (is(x)) { } else { x.m(); }", {B}),
        ("if (known(x)) { x.m(); }", {A, B}),
        ("if (unknown instanceof A) { unknown.m(); }", {A}),
    ],
)
def test_an_object_is_of_the_class_that_was_asked_for(body: str, lines: set[int]) -> None:
    guards = "function is(x: A | B): x is A { return true; }\nfunction known(x: A | B): boolean { return true; }\n"
    assert behind(f"{guards}function f(x: A | B, y: A | B, unknown: any) {{ {body} }}") == [lines]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("if (x.kind === 'p') { x.m; }", {P}),
        ("if ('p' == x.kind) { x.m; }", {P}),
        ("if (x.kind !== 'p') { x.m; }", {Q, R}),
        ("if (x.kind === 'p') { return; } x.m;", {Q, R}),
        ("if (x.kind === 'p' || x.kind === 'q') { } else { x.m; }", {R}),
        ("if (!(x.kind === 'p')) { x.m; }", {Q, R}),
        ("return x.kind === 'q' ? x.m : 0;", {Q}),
        ("switch (x.kind) { case 'p': x.m; }", {P}),
        ("switch (x.kind) { case 'p': case 'q': x.m; }", {P, Q}),
        ("switch (x.kind) { case 'p': return; default: x.m; }", {Q, R}),
        ("switch (x.kind) { case 'p': y(); default: x.m; }", {P, Q, R}),
    ],
)
def test_of_a_union_that_is_left_whose_word_fits(body: str, lines: set[int]) -> None:
    assert behind(f"function f(x: P | Q | R, y: any) {{ {body} }}") == [lines]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("if (typeof x === 'function') { x().m(); } else { }", {A}),
        ("if (typeof x === 'function') { } else { x.m(); }", {B}),
        ("if (typeof x !== 'object') { return; } x.m();", {B}),
        ("switch (typeof x) { case 'object': x.m(); }", {B}),
    ],
)
def test_what_typeof_says(body: str, lines: set[int]) -> None:
    assert behind(f"function f(x: B | (() => A)) {{ {body} }}") == [lines]


def test_an_array_is_told_from_its_elements() -> None:
    assert behind("function f(x: A | B[]) { if (Array.isArray(x)) { x[0].m(); } else { x.m(); } }") == [{B}, {A}]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("if (this.x instanceof A) { this.x.m(); }", {A}),
        ("if (this.x instanceof A) { this.x = new B(); this.x.m(); }", {A, B}),
        ("const h = this; if (h.x instanceof B) { h.x.m(); }", {B}),
        ("let h: H = this; if (h.x instanceof B) { h = other; h.x.m(); }", {A, B}),
    ],
)
def test_a_property_is_asked_for_until_it_is_assigned(body: str, lines: set[int]) -> None:
    assert behind(f"class H {{ x: A | B; f(other: H) {{ {body} }} }}") == [lines]


def called(source: str) -> set[tuple[str, str]]:
    """Resolved calls of a method ``m``."""
    edges = analyse({"c.js": source.encode()}).edges
    return {(edge.source, edge.target) for edge in edges if edge.confidence is Confidence.RESOLVED and edge.target.endswith(".m")}


def test_a_call_on_what_nobody_knows_is_that_of_the_class_asked_for() -> None:
    classes = "class A { m() {} }\nclass B { m() {} }\n"
    asking = "function f(x) { if (x instanceof A) { x.m(); } }\nfunction g(x) { if (!(x instanceof A)) x.m(); }\n"
    assert called(f"{classes}{asking}g(new A()); g(new B());") == {("c.f", "c.A.m"), ("c.g", "c.B.m")}


def test_of_what_subclasses_have_the_object_s_own_is_called() -> None:
    classes = "class A { m() {} }\nclass B extends A { m() {} }\nclass C { m() {} }\n"
    assert called(f"{classes}function f(x) {{ if (x instanceof A) x.m(); }}\nf(new B()); f(new C());") == {("c.f", "c.B.m")}
