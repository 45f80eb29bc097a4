"""What each atom is called, what kind it is, what its header says, and whether it is a stub."""

import pytest

from mge_assets.model.atoms import Atom, Atomization, AtomKind
from mge_assets.stages.atomization import atomize, module_path
from mge_resources.syntax import Language
from mge_tests.stages.atomization.sources import PYTHON, TYPESCRIPT, javascript, package_files, python, typescript


def named(atomization: Atomization) -> dict[str, Atom]:
    return {atom.name: atom for atom in atomization.atoms}


def kinds(atomization: Atomization) -> dict[str, AtomKind]:
    return {atom.name: atom.kind for atom in atomization.atoms}


@pytest.mark.parametrize(
    ("file", "path"),
    [("a/b/c.py", "a.b.c"), ("a/__init__.py", "a"), ("src/x.ts", "src.x"), ("./x.js", "x"), ("types/a.d.ts", "types.a"), ("x", "x"), (".py", ".py")],
)
def test_the_module_path_follows_from_the_file(file: str, path: str) -> None:
    assert module_path(file) == path


def test_python_kinds_and_names() -> None:
    assert kinds(python(PYTHON, "shop/stock.py")) == {
        "shop.stock": AtomKind.IMPORT,
        "shop.stock#2": AtomKind.DOCSTRING,
        "shop.stock.LIMIT": AtomKind.CONSTANT,
        "shop.stock.add": AtomKind.FUNCTION,
        "shop.stock.Store": AtomKind.CLASS_HEADER,
        "shop.stock.Store.__init__": AtomKind.METHOD,
        "shop.stock.Store.put": AtomKind.METHOD,
        "shop.stock.Store.total": AtomKind.METHOD,
        "shop.stock.__main__": AtomKind.ENTRY_POINT,
    }


def test_typescript_kinds_and_names() -> None:
    found = kinds(typescript(TYPESCRIPT, "src/store.ts"))
    assert found["src.store"] is AtomKind.IMPORT
    assert found["src.store.Item"] is AtomKind.INTERFACE
    assert found["src.store.Id"] is AtomKind.TYPE
    assert found["src.store.Colour"] is AtomKind.ENUM
    assert found["src.store.add"] is found["src.store.twice"] is AtomKind.FUNCTION
    assert found["src.store.Store"] is AtomKind.CLASS_HEADER
    assert found["src.store.Store.put"] is AtomKind.METHOD


def test_javascript_kinds_and_names() -> None:
    source = 'const a = require("a");\nexports.read = function (x) { return a(x); };\nconst LIMIT = 3;\nif (require.main === module) { a(); }\n'
    assert kinds(javascript(source)) == {
        "lib.mod": AtomKind.IMPORT,
        "lib.mod.read": AtomKind.FUNCTION,
        "lib.mod.LIMIT": AtomKind.CONSTANT,
        "lib.mod.__main__": AtomKind.ENTRY_POINT,
    }


def test_functions_inside_an_immediately_called_function_are_functions() -> None:
    source = "(function () {\n" + "".join(f"  function f{i}(a) {{\n    return a + {i};\n  }}\n" for i in range(6)) + "})();\n"
    found = named(javascript(source))
    assert all(found[f"lib.mod.f{i}"].kind is AtomKind.FUNCTION for i in range(6))


def test_python_declarations_have_their_own_kinds() -> None:
    classes = "class A(Enum):\n    X = 1\n\n\nclass B(Protocol):\n    def f(self): ...\n\n\nclass C(TypedDict):\n    x: int\n"
    source = f"{classes}\n\nT = TypeVar('T')\ntype U = int\n"
    found = kinds(python(source))
    assert (found["pkg.mod.A"], found["pkg.mod.B"], found["pkg.mod.C"], found["pkg.mod.T"]) == (
        AtomKind.ENUM,
        AtomKind.INTERFACE,
        AtomKind.TYPE,
        AtomKind.TYPE,
    )


def test_trivia_is_comments_and_blank_lines_only() -> None:
    for file in package_files("click"):
        for atom in python(file.read_bytes()).atoms:
            lines = [line.strip() for line in atom.text.split(b"\n") if line.strip()]
            assert atom.kind is not AtomKind.TRIVIA or all(line.startswith(b"#") for line in lines)


def test_a_long_function_is_a_header_with_its_docstring_and_numbered_groups() -> None:
    source = 'def f(a,\n      b=1):\n    """Doc."""\n' + "".join(f"    x{i} = a + {i}\n" for i in range(30)) + "    return x1\n"
    atoms = python(source).atoms
    assert [atom.name for atom in atoms] == ["pkg.mod.f", *[f"pkg.mod.f#{i}" for i in range(2, len(atoms) + 1)]]
    assert atoms[0].text.startswith(b'def f(a,\n      b=1):\n    """Doc."""\n    x0 = a + 0\n')
    assert atoms[0].signature == "def f(a, b=1)"
    assert {atom.kind for atom in atoms[1:]} == {AtomKind.STATEMENT_GROUP}
    assert {atom.scope for atom in atoms[1:]} == {"pkg.mod.f"}
    assert {atom.indent for atom in atoms[1:]} == {"    "}


def test_a_docstring_longer_than_an_atom_is_cut_at_lines_into_docstring_atoms() -> None:
    source = 'def f():\n    """Doc.\n' + "    More.\n" * 40 + '    """\n    return 1\n'
    atoms = python(source).atoms
    assert sum(atom.kind is AtomKind.DOCSTRING for atom in atoms) >= 3
    assert all(atom.text.endswith(b"\n") for atom in atoms)


def test_a_big_class_is_a_header_and_its_methods() -> None:
    source = 'class A:\n    """Doc."""\n\n    x = 1\n\n' + "".join(f"    def m{i}(self):\n        return {i}\n\n" for i in range(8))
    atoms = python(source).atoms
    assert atoms[0].text == b'class A:\n    """Doc."""\n\n    x = 1\n\n'
    assert [atom.name for atom in atoms[1:]] == [f"pkg.mod.A.m{i}" for i in range(8)]


def test_a_small_class_stays_whole() -> None:
    atoms = python("class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n").atoms
    assert [(atom.name, atom.kind) for atom in atoms] == [("pkg.mod.A", AtomKind.CLASS_HEADER)]


def test_a_small_class_with_stubs_is_opened_so_that_each_can_be_generated() -> None:
    atoms = python("class A:\n    def f(self): ...\n    def g(self):\n        pass\n").atoms
    assert [(atom.name, atom.stub) for atom in atoms] == [("pkg.mod.A", False), ("pkg.mod.A.f", True), ("pkg.mod.A.g", True)]


def test_comments_and_decorators_belong_to_the_definition_below() -> None:
    atoms = python("import os\n\n# About f.\n@dec(\n    1\n)\n# Why.\n@other\ndef f():\n    return os\n").atoms
    assert atoms[1].name == "pkg.mod.f"
    assert atoms[1].text.startswith(b"# About f.\n@dec(")


STUBS = {
    "def f(): ...": True,
    "def f():\n    pass": True,
    'def f():\n    """Doc."""': True,
    'def f():\n    """Doc."""\n    ...': True,
    "def f():\n    raise NotImplementedError": True,
    "def f():\n    raise NotImplementedError('soon')": True,
    "async def f() -> int: ...": True,
    "def f():\n    return None": False,
    "def f():\n    raise ValueError": False,
    "@overload\ndef f(): ...": False,
    "class A(ABC):\n    @abstractmethod\n    def f(self): ...": False,
    "class A(Protocol):\n    def f(self): ...": False,
    "class A:\n    pass": False,
}


@pytest.mark.parametrize("source", STUBS)
def test_python_stubs(source: str) -> None:
    assert any(atom.stub for atom in python(source + "\n").atoms) is STUBS[source]


SCRIPT_STUBS = {
    "function f() {}": True,
    'function f() { throw new Error("not implemented"); }': True,
    'function f() { throw new Error("Not implemented: f"); }': True,
    'function f() { throw new Error("bad"); }': False,
    "function f(): void;": False,
    "const f = () => {};": False,
    "class A { constructor(private a: number) {} }": False,
    "abstract class A { abstract f(): void; }": False,
    "interface A { f(): void }": False,
    "class A { f(): number {} }": False,
    "class A {\n  f(): number {}\n}": True,
    "declare function f(): void;": False,
    "call(function () {});": False,
}


@pytest.mark.parametrize("source", SCRIPT_STUBS)
def test_typescript_stubs(source: str) -> None:
    assert any(atom.stub for atom in typescript(source + "\n").atoms) is SCRIPT_STUBS[source]


LONG_STUBS = {
    "docstring": 'def f(a: int) -> int:\n    """Doc.\n' + "    More.\n" * 20 + '    """\n    ...\n',
    "parameters": "def f(\n" + "".join(f"    a{i}: int,\n" for i in range(20)) + ") -> int:\n    # soon\n    raise NotImplementedError  # yes\n    # end\n",
}


@pytest.mark.parametrize("case", LONG_STUBS)
def test_a_stub_too_long_for_one_atom_is_marked_on_its_header_and_its_body_and_nowhere_else(case: str) -> None:
    stubs = [atom for atom in python(LONG_STUBS[case]).atoms if atom.stub]
    assert stubs[0].name == "pkg.mod.f"
    assert stubs[0].text.startswith(b"def f(")
    assert len(stubs) == 2
    assert b"..." in stubs[1].text or b"raise NotImplementedError" in stubs[1].text


def test_members_of_a_type_that_is_too_long_are_of_that_type() -> None:
    source = "type A = B & {\n" + "".join(f"  a{i}: C{i};\n" for i in range(20)) + "};\n"
    atoms = typescript(source).atoms
    assert len(atoms) > 1
    assert {atom.kind for atom in atoms} == {AtomKind.TYPE}
    assert "a1: C1" in atoms[1].context.types


def test_a_literal_inside_a_function_is_data_with_its_closing_bracket() -> None:
    source = "function f(x) {\n  const a = {\n" + "".join(f"    k{i}: {i},\n" for i in range(30)) + "  };\n  return a[x];\n}\n"
    closing = next(atom for atom in javascript(source).atoms if atom.text.endswith(b"  };\n"))
    assert closing.kind is AtomKind.DATA_LITERAL


def test_signatures_are_the_header_on_one_line() -> None:
    assert named(python(PYTHON, "shop/stock.py"))["shop.stock.Store.put"].signature == "def put(self, name: str, price: D) -> None"
    found = named(typescript(TYPESCRIPT, "src/store.ts"))
    assert found["src.store.add"].signature == "function add(a: number, b = 1): number"
    assert found["src.store.Id"].signature == "type Id = string | number;"


def test_overloads_stay_with_their_implementation() -> None:
    atom = named(typescript(TYPESCRIPT, "src/store.ts"))["src.store.add"]
    assert atom.text.count(b"export function add") == 2


def test_namespaces_are_scopes() -> None:
    source = "namespace N {\n" + "".join(f"  export function f{i}(a: number) {{\n    return a;\n  }}\n" for i in range(6)) + "}\n"
    assert "src.mod.N.f3" in named(typescript(source))


def test_a_long_decorator_stays_with_the_header_of_its_class() -> None:
    members = "".join(f"  m{i}(a: number): number {{\n    return a;\n  }}\n" for i in range(6))
    first = typescript("/** Doc. */\n@Dec({\n  a: 1,\n})\nexport class Big {\n" + members + "}\n").atoms[0]
    assert first.text.endswith(b"export class Big {\n")
    source = "@dec(\n    1,\n)\ndef f(a):\n" + "    b = a\n" * 20
    assert b"def f(a):\n" in python(source).atoms[0].text


def test_functions_in_an_object_are_its_methods_and_the_rest_is_data() -> None:
    methods = "".join(f"  m{i}(x) {{\n    return x;\n  }},\n" for i in range(5))
    found = kinds(javascript("const big = {\n  a: 1,\n" + methods + "  b: 2,\n};\n"))
    assert found["lib.mod.big"] is AtomKind.DATA_LITERAL
    assert found["lib.mod.big.m3"] is AtomKind.METHOD


def test_eighty_lines_are_seven_to_nine_atoms() -> None:
    body = "".join(f"    if a > {i}:\n        b = a + {i}\n        c = b * 2\n    d{i} = c\n\n" for i in range(19))
    source = f'def f(a):\n    """Doc."""\n    c = 0\n{body}    return c\n'
    atoms = python(source).atoms
    assert sum(atom.loc for atom in atoms) == 80
    assert 7 <= len(atoms) <= 9


def test_jsx_is_cut_between_elements() -> None:
    source = "export function A() {\n  return (\n    <ul>\n" + "      <li>\n        text\n      </li>\n" * 12 + "    </ul>\n  );\n}\n"
    atoms = atomize(source.encode(), "src/a.tsx", Language.TSX).atoms
    assert atoms[0].name == "src.a.A"
    assert all(atom.loc <= 15 for atom in atoms)
