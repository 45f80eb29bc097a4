"""JavaScript and TypeScript: who calls whom, and where modules lead."""

import pytest

from mge_assets.model.graph import CodeGraph, EdgeType
from mge_assets.stages.dependency import analyse


def calls(files: dict[str, str]) -> set[tuple[str, str]]:
    code = analyse({name: text.encode() for name, text in files.items()})
    return {(e.source, e.target) for e in code.edges if e.type is EdgeType.FUNCTION_CALL and e.confidence == "resolved"}


CASES = {
    "functions are hoisted": ("f();\nfunction f() {}\n", {("m", "m.f")}),
    "a block hides a name": ("function a() {}\nlet x = a;\n{ let x = 1; }\nx();\n", {("m", "m.a")}),
    "destructuring takes properties": ("const o = {f() {}};\nconst {f: g} = o;\ng();\n", {("m", "m.f")}),
    "new runs the class and its methods are found": ("class A { g() {} }\nnew A().g();\n", {("m", "m.A"), ("m", "m.A.g")}),
    "super calls the parent's": (
        "class A { g() {} }\nclass B extends A { g() { super.g(); } }\nnew B().g();\n",
        {("m", "m.B"), ("m.B", "m.A"), ("m", "m.B.g"), ("m.B.g", "m.A.g")},
    ),
    "this is the receiver": ("const o = { f() { this.g(); }, g() {} };\no.f();\n", {("m", "m.f"), ("m.f", "m.g")}),
    "bind keeps this and arguments": ("function a() {}\nfunction f(x) { x(); }\nconst b = f.bind(null, a);\nb();\n", {("m", "m.f"), ("m.f", "m.a")}),
    "callbacks of arrays are called with elements": ("function a() {}\n[a].forEach(f => f());\n", {("m", "m.<lambda1>"), ("m.<lambda1>", "m.a")}),
    "a function bound for ever ends": ("let f = function g() {};\nwhile (x) { f = f.bind(f); }\nf();\n", {("m", "m.g")}),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("ending", ["js", "ts"])
def test_calls_of_one_file(name: str, ending: str):
    text, expected = CASES[name]
    assert calls({f"m.{ending}": text}) == expected


def test_modules_of_both_kinds_lead_to_what_they_export():
    files = {
        "lib/index.js": "export { f as default, g } from './impl.js';\nexport * from './more.js';\n",
        "lib/impl.js": "export function f() {}\nexport const g = () => {};\n",
        "lib/more.js": "export function h() {}\n",
        "old.js": "function k() {}\nmodule.exports = { k };\n",
        "main.js": "import f, { g, h } from './lib';\nconst { k } = require('./old');\nf(); g(); h(); k();\n",
    }
    assert calls(files) == {("main", "lib.impl.f"), ("main", "lib.impl.g"), ("main", "lib.more.h"), ("main", "old.k")}


def test_tsconfig_paths_and_package_names_are_followed():
    files = {
        "tsconfig.json": '{"compilerOptions": {"baseUrl": "src", /* c */ "paths": {"@/*": ["app/*"]},}}',
        "src/app/x.ts": "export function f() {}\n",
        "pkg/package.json": '{"name": "@me/pkg", "main": "./lib/main"}',
        "pkg/lib/main.ts": "export function g() {}\n",
        "src/use.ts": "import { f } from '@/x';\nimport { g } from '@me/pkg';\nf(); g();\n",
    }
    assert calls(files) == {("src.use", "src.app.x.f"), ("src.use", "pkg.lib.main.g")}


def test_a_type_is_an_edge_and_says_what_a_value_is():
    text = "interface I { f(): void }\nclass A implements I { f() {} }\nfunction g(a: A) { a.f(); }\n"
    code: CodeGraph = analyse({"m.ts": text.encode()})
    assert ("m.g", "m.A.f", EdgeType.FUNCTION_CALL) in {(e.source, e.target, e.type) for e in code.edges}
    assert ("m.g", "m.A", EdgeType.TYPE) in {(e.source, e.target, e.type) for e in code.edges}


@pytest.mark.parametrize("ending", ["js", "jsx", "ts", "tsx"])
def test_broken_and_deep_files_are_finished(ending: str):
    deep = "function f() {}\n" + "(" * 2000 + "f()" + ")" * 2000 + ";\n" + "if (a) { f() } else " * 800 + "{}\n"
    assert calls({f"a.{ending}": deep, f"b.{ending}": "class { ( => \nfunction", "package.json": "{"}) == {("a", "a.f")}
