"""Bytes in are bytes out, whatever the bytes are."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mge_assets.model.atoms import MAX_LOC, AtomKind
from mge_assets.stages.atomization import atomize
from mge_resources.syntax import Language
from mge_tests.stages.atomization.sources import SMALL, assert_tiles, package_files, python

LONG_FUNCTION = b"def f(a):\n" + b"".join(b"    b%d = a + %d\n" % (i, i) for i in range(400)) + b"    return b1\n"
EDGE = {
    "no last newline": b"x = 1\ny = 2",
    "white space only": b"  \n\t\n\n   ",
    "line feeds only": b"\n" * 40,
    "comments only": b"# a\n\n# b\n",
    "syntax error": b"def f(:\n  x = = 1\n\nclass A:\n    pass\n",
    "tabs": b"def f(x):\n\tif x:\n\t\treturn 1\n\treturn 2\n",
    "CRLF": b"import os\r\n\r\ndef f():\r\n    return os\r\n",
    "lone CR": b"x = 1\ry = 2\r",
    "non-ASCII": "gr\u00f6\u00dfe = 'h\u00e9llo \U0001f600'\n\n\ndef na\u00efve():\n    return '\u2028\x85'\n".encode(),
    "BOM": b"\xef\xbb\xbfimport os\n\nx = os\n",
    "form feed": b"x = 1\n\x0c\ndef f():\n    pass\n\x0c\n",
    "not UTF-8": b"x = '\xff\xfe'\n\x80\x81\n",
    "NUL": b"x = 1\x00\ny = 2\n",
    "line continuation": b"x = 1 + \\\n    2\n\nassert x, \\\n    'y'\n",
    "decorators": b"@a\n# why\n@b(\n    1,\n)\ndef f():\n    pass\n",
    "400-line function": LONG_FUNCTION,
    "long docstring": b'def f():\n    """' + b"word \\n word\n\n    more\n" * 40 + b'    """\n    return 1\n',
    "statements on one line": b"x = 1; y = 2; z = 3\nif x: y = 1\n",
    "unclosed": b'x = """never closed\n' * 30,
    "nested brackets": b"x = " + b"[" * 800 + b"]" * 800 + b"\n",
    "minified": b"var a=1;function f(b,c){if(b){return c}else{x()}}" * 200,
    "template literal": b"const a = `\n${b}\n`;\n" + b"const c = `" + b"line\n" * 40 + b"`;\n",
    "JSX": b"const a = (\n  <ul>\n" + b"    <li>\n      text\n    </li>\n" * 20 + b"  </ul>\n);\n",
}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("case", EDGE)
def test_every_edge_case_tiles_in_every_language_and_keeps_to_15_loc(case: str, language: Language) -> None:
    atomization = atomize(EDGE[case], f"a/b.{language.value}", language)
    assert_tiles(atomization, EDGE[case])
    assert atomization.atoms
    assert all(atom.loc <= MAX_LOC for atom in atomization.atoms)


@pytest.mark.parametrize("language", list(Language))
def test_an_empty_file_has_no_atoms(language: Language) -> None:
    assert atomize(b"", "a.py", language).atoms == ()


@given(source=st.binary(max_size=400), language=st.sampled_from(list(Language)))
@settings(max_examples=150, deadline=None)
def test_any_bytes_tile(source: bytes, language: Language) -> None:
    assert_tiles(atomize(source, "a/b.x", language), source)


@given(data=st.data(), language=st.sampled_from(list(SMALL)))
@settings(max_examples=150, deadline=None)
def test_any_mutation_of_a_source_tiles(data: st.DataObject, language: Language) -> None:
    file, source = SMALL[language]
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, min(len(source), start + 40)))
    put = data.draw(st.one_of(st.binary(max_size=6), st.sampled_from([b"\r\n", b'"""', b"`", b"{", b"}", b"(", b"/*", b"\n\n", b"\t"])))
    mutated = source[:start] + put + source[end:]
    assert_tiles(atomize(mutated, file, language), mutated)


def test_mutated_real_files_tile_and_keep_to_15_loc() -> None:
    chance = random.Random(7)
    for file in package_files("click"):
        source = bytearray(file.read_bytes()[:30_000])
        for _ in range(10):
            at = chance.randrange(len(source))
            source[at : at + chance.randrange(8)] = chance.choice([b"", b"(", b"'''", b"\n", b":", b"}"])
        atomization = python(bytes(source))
        assert_tiles(atomization, bytes(source))
        assert all(atom.loc <= MAX_LOC for atom in atomization.atoms)


def test_the_same_bytes_always_give_the_same_atoms() -> None:
    for language, (file, source) in SMALL.items():
        assert atomize(source, file, language) == atomize(source, file, language)


@pytest.mark.parametrize("package", ["click", "networkx.classes", "networkx.algorithms.shortest_paths"])
def test_installed_packages_tile_with_no_atom_over_15_loc_and_about_10_on_average(package: str) -> None:
    loc: list[int] = []
    for file in package_files(package):
        atomization = python(file.read_bytes(), str(file))
        assert_tiles(atomization, file.read_bytes())
        loc.extend(atom.loc for atom in atomization.atoms)
    assert max(loc) <= MAX_LOC
    assert 6 <= sum(loc) / len(loc) <= 13


def test_an_error_stays_in_its_own_region() -> None:
    source = b"import os\n\n\ndef good():\n    return 1\n\n\nx = = 3\n\n\ndef fine():\n    return os\n"
    atomization = python(source)
    names = {atom.name: atom.kind for atom in atomization.atoms}
    assert names["pkg.mod.good"] is names["pkg.mod.fine"] is AtomKind.FUNCTION
    assert atomization.errors
    assert atomization.errors[0].place is not None
    assert atomization.errors[0].place.line == 8


def test_clean_sources_have_no_errors() -> None:
    assert all(not atomize(source, file, language).errors for language, (file, source) in SMALL.items())


NESTED = {
    "brackets": (b"x = " + b"[\n" * 10_000 + b"]\n" * 10_000, Language.PYTHON),
    "functions": (b"function f(x) {\n" * 10_000 + b"}\n" * 10_000, Language.JAVASCRIPT),
    "one line": (b"a(function(){" * 10_000 + b"})" * 10_000, Language.JAVASCRIPT),
    "else if": (b"if (a) {\n b()\n} else " * 10_000 + b"{}\n", Language.TYPESCRIPT),
}


@pytest.mark.parametrize("case", NESTED)
def test_ten_thousand_levels_of_nesting_do_not_overflow_the_stack(case: str) -> None:
    source, language = NESTED[case]
    assert_tiles(atomize(source, "a.x", language), source)


def test_a_minified_megabyte_is_cut_after_statements_and_blocks() -> None:
    source = b"var a=1;function f(b,c){if(b){return c}else{x()}}" * 10_000
    atomization = atomize(source, "a.js", Language.JAVASCRIPT)
    assert_tiles(atomization, source)
    assert len(atomization.atoms) > 100
    assert all(atom.text.endswith((b";", b"}")) for atom in atomization.atoms)


def test_a_line_without_statements_to_cut_after_is_one_atom() -> None:
    source = b"var a=[" + b"1234567," * 50_000 + b"]"
    assert len(atomize(source, "a.js", Language.JAVASCRIPT).atoms) == 1


def test_the_work_grows_with_the_file_and_not_with_its_square() -> None:
    body = b"def f(x):\n    y = x + 1\n    if y:\n        return y\n    return 2\n\n\n"
    few, many = python(body * 50), python(body * 500)
    assert len(many.atoms) == 10 * len(few.atoms)
