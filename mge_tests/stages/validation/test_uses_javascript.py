"""A use of JavaScript or TypeScript that surely fails is an error, one that only looks wrong is told as that, and one that may be meant is left alone."""

import pytest

from mge_assets.stages.validation.conduct_javascript import function_of, unfitting
from mge_assets.stages.validation.uses_javascript import script_misuses
from mge_resources.syntax import Language

JS, TS = Language.JAVASCRIPT, Language.TYPESCRIPT


def faults(code: str, f: str, language: Language = JS, *, owner: str = "", name: str = "f", inside: str = "") -> list[tuple[str, bool]]:
    callee = function_of(f.encode(), name, owner, language)
    assert callee is not None
    return [(use.words, use.certain) for use in script_misuses(code.encode(), {"f": callee}, inside, language)]


@pytest.mark.parametrize(
    ("parameters", "call", "fault"),
    [
        ("a, b = 1", "f(1)", None), ("a, b = 1", "f(1, 2)", None), ("a, b = 1", "f(...all)", None), ("a, ...b", "f(1, 2, 3)", None),
        ("a, b = 1", "f()", "needs 1 and is given no argument"), ("a, b = 1", "f(1, 2, 3)", "takes 2 arguments and is given 3"),
        ("a = 1, b", "f(1)", "needs 2 and is given 1 argument"), ("", "f(1)", "takes no arguments and is given 1"), ("a", "f?.()", None),
    ],
)  # fmt: skip
def test_arguments_are_certain_in_typescript_and_a_doubt_in_javascript(parameters: str, call: str, fault: str | None):
    for language in (JS, TS):
        found = faults(f"function g(all) {{ return {call}; }}", f"export function f({parameters}) {{ return 1; }}", language)
        assert found == ([(fault, language is TS)] if fault else [])


def test_what_only_typescript_can_say_of_a_parameter_counts():
    for parameters, call in (("a: number, b?: string", "f(1)"), ("this: Window, a: number", "f(1)"), ("a: number, ...b: string[]", "f(1, '', '')")):
        assert faults(f"const g = () => {call};", f"function f({parameters}): void {{}}", TS) == []
    assert faults("const g = () => f();", "const f = ({ a }) => a;") == [("needs 1 and is given no argument", True)]
    assert faults("const g = () => f();", "const f = ({ a } = {}) => a;") == []
    assert faults("const g = () => f(1, 2);", "function f(a) { return arguments.length; }") == []


@pytest.mark.parametrize("f", ["let f = () => 1;", "function f(a: string): void;\nfunction f(a: number): void;\nfunction f(a: any) {}", "var f = 1;"])
def test_of_what_is_more_than_one_plain_definition_nothing_is_known(f: str):
    assert function_of(f.encode(), "f", "", TS) is None


@pytest.mark.parametrize(
    "code", ["(f) => f(1, 2, 3)", "() => { const { f } = other(); f(1, 2, 3); }", "() => { for (const f of all) f(1, 2, 3); }", "(x) => x.f(1, 2, 3)"]
)
def test_a_name_that_is_bound_here_is_another_one(code: str):
    assert faults(f"const g = {code};", "function f(a) {}", TS) == []


METHOD = "async add(a: string) { return a; }"


@pytest.mark.parametrize(
    ("code", "inside", "found"),
    [
        ("g() { return this.add(); }", "Basket", True), ("g() { return [1].map(() => this.add()); }", "Basket", True),
        ("g() { return this.add(); }", "Other", False), ("g() { return function () { return this.add(); }; }", "Basket", False),
        ("g() { return { h() { return this.add(); } }; }", "Basket", False), ("g() { const basket = new Basket(); basket.add(); }", "Other", True),
        ("g() { return new Basket().add(); }", "Other", True), ("g() { let basket = new Basket(); basket = x; basket.add(); }", "Other", False),
        ("g() { const basket = make(); basket.add(); }", "Other", False),
    ],
)  # fmt: skip
def test_a_method_is_used_where_its_class_is_known(code: str, inside: str, found: bool):
    assert bool(faults(code, METHOD, TS, owner="Basket", name="add", inside=inside)) is found


def test_a_constructor_is_used_by_new():
    (fault,) = faults("const g = () => new Basket(1, 2);", "constructor(readonly size = 1) {}", TS, owner="Basket", name="constructor")
    assert fault == ("takes 1 argument and is given 2", True)
    assert function_of(b"get size() { return 1; }", "size", "Basket", TS) is None


@pytest.mark.parametrize(
    ("use", "fault"),
    [
        ("await f()", None), ("return f()", None), ("f().then(go)", None), ("const p = f(); return await p", None), ("if (await f()) go()", None),
        ("const all = [f(), f()]; await Promise.all(all)", None), ("p ??= f()", None), ("cache.x = f()", None), ("for await (const x of f()) go()", None),
        ("const p = f(); p.cancel = go; p.cancel()", None), ("const p = f(); Object.assign(p, { x }); p.x()", None), ("void f()", None), ("f()", None),
        ("const { then } = f()", None), ("ready = f() || other", None), ("let p = f(); p = await p; p.x", None),
        ("return f().name", "name of a promise"), ("const p = f(); return p.name", "name of a promise"), ("return (f()).name", "name of a promise"),
        ("return f() + 1", "taken for a value by +"), ("if (f()) go()", "always true"), ("while (!f()) go()", "taken for a value by !"),
        ("return f() ? 1 : 2", "always true"), ("return `${f()}`", "written out"), ("for (const x of f()) go()", "stepped"), ("go(...f())", "stepped"),
        ("const [a] = f()", "taken apart"), ("const { a, b } = f()", "taken apart"), ("return f() === 1", "compared"),
    ],
)  # fmt: skip
def test_a_promise_is_awaited_where_its_value_is_used(use: str, fault: str | None):
    for language in (JS, TS):
        found = faults(f"async function g() {{ {use}; }}", "async function f() { return { name: 1 }; }", language)
        assert [(fault in words, certain) for words, certain in found] == [(True, fault != "compared")] if fault else found == []


OBJECT = 'function f(a = 1) { if (a) { return { size: 1, "name": 2 }; } return { size, go() {} }; }'


@pytest.mark.parametrize(
    ("use", "certain"),
    [
        ("f().size", None), ("f().name", None), ("f().go()", None), ("f().toString()", None), ("const r = f(); r.more = 1; r.more", None),
        ("const r = f(); fill(r); r.more()", None), ("f().more?.x", False), ("f().more", False), ("const r = f(); go(r.more)", False),
        ("f().more()", True), ("const r = f(); r.more.x", True), ("f().more[0]", True),
    ],
)  # fmt: skip
def test_what_is_read_off_an_object_that_is_written_out_is_there(use: str, certain: bool | None):
    assert faults(f"function g() {{ {use}; }}", OBJECT) == ([] if certain is None else [("returns an object without more", certain)])
    assert faults(f"async function g() {{ {use.replace('f()', '(await f())')}; }}", f"async {OBJECT}") == faults(f"function g() {{ {use}; }}", OBJECT)


@pytest.mark.parametrize(
    "body", ["if (a) { return { size }; }", "return { ...a };", "return a ? { size } : a;", "return { [a]: 1 };", "if (a) return; return { size };"]
)
def test_an_object_that_may_hold_more_is_not_held_to_what_is_written(body: str):
    assert faults("function g() { f().more(); }", f"function f(a = 1) {{ {body} }}") == []


@pytest.mark.parametrize(
    ("contract", "body", "fault"),
    [
        ("@returns {number}", "return 'a';", "returns a string"), ("@returns {Promise<number>}", "return [1];", "returns an array"),
        ("@return {string[]}", "return 'a';", "returns a string"), ("@returns {void}", "return 1;", "returns a value"),
        ("@throws {RangeError} where it is wrong", "throw new TypeError('a');", "throws TypeError, and its contract says RangeError"),
        ("@returns {number}", "return a;", None), ("@returns {number|string}", "return 'a';", None), ("@returns {?number}", "return 'a';", None),
        ("@returns {Array<number>}", "return [1];", None), ("@returns {object}", "return () => 1;", None), ("@returns {Box}", "return {};", None),
        ("@throws {RangeError}", "try { throw new TypeError('a'); } catch { return 1; }", None), ("@returns {number}", "return a ? 1 : 'a';", None),
    ],
)  # fmt: skip
def test_what_a_function_gives_back_is_held_against_its_contract(contract: str, body: str, fault: str | None):
    drafted = function_of(f"/** It does. {contract} */\nfunction f(a) {{}}".encode(), "f", "", JS)
    written = function_of(f"function f(a) {{ {body} }}".encode(), "f", "", JS)
    assert drafted is not None
    assert written is not None
    found = list(unfitting(written, drafted))
    assert [fault in each for each in found] == [True] if fault else found == []


def test_an_async_function_does_not_return_what_a_plain_contract_says():
    drafted, written = (function_of(code, "f", "", TS) for code in (b"function f(): number { throw 1; }", b"async function f() { return 1; }"))
    assert drafted is not None
    assert written is not None
    assert list(unfitting(written, drafted)) == ["is async, and its contract says that it returns number"]
    assert list(unfitting(written, written)) == []
