"""Properties of atoms over sources that a grammar of our own writes, and over mutations of them, in every language."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mge_assets.model.atoms import MAX_LOC, AtomKind
from mge_assets.stages.atomization import atomize
from mge_resources.syntax import Language
from mge_tests.stages.atomization.sources import assert_tiles

NAMES = st.sampled_from(["a", "b", "total", "gr\u00f6\u00dfe", "x1", "_private"])
SIMPLE = st.sampled_from(["1", "a + b", "f(a, b)", '"text"', "a if a else b", "[1, 2]", "a and b or c"])


def _python(draw: st.DrawFn, depth: int, tab: str) -> list[str]:
    """Statements of one block."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        name, value = draw(NAMES), draw(SIMPLE)
        kind = draw(st.integers(0, 9 if depth else 4))
        inner = [tab + line for line in _python(draw, depth - 1, tab)] if kind > 4 else []
        match kind:
            case 0 | 1:
                lines.append(f"{name} = {value}")
            case 2:
                lines += [f"# {value}", f"print({value})"]
            case 3:
                lines += ["", f'"""{name}."""', ""]
            case 4:
                lines += [f"{name} = [", *[f"{tab}{number},  # {value}" for number in range(draw(st.integers(0, 25)))], "]"]
            case 5:
                lines += [f"if {value}:", *inner, "else:", *inner]
            case 6:
                lines += ["@decorator", f"async def {name}(a: int, b={value}) -> str:", *inner, f"{tab}return {value}"]
            case 7:
                lines += [f"for {name} in {value}:", *inner]
            case 8:
                lines += ["try:", *inner, f"except ({value}):", *inner]
            case _:
                lines += [f"class {name}(Base):", *inner]
    return lines


def _braces(draw: st.DrawFn, depth: int, tab: str) -> list[str]:
    """Statements of one block, in what JavaScript, TypeScript and TSX share."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        name, value = draw(NAMES), draw(st.sampled_from(["1", "a + b", "f(a, b)", "`t ${a}`", "a ? b : c", "[1, 2]", "a && b || c"]))
        kind = draw(st.integers(0, 9 if depth else 4))
        inner = [tab + line for line in _braces(draw, depth - 1, tab)] if kind > 4 else []
        match kind:
            case 0 | 1:
                lines.append(f"{name} = {value};")
            case 2:
                lines += [f"// {value}", f"console.log({value});"]
            case 3:
                lines += ["", f"/** {name}. */", ""]
            case 4:
                lines += [f"let {name} = {{", *[f"{tab}k{number}: {value}," for number in range(draw(st.integers(0, 25)))], "};"]
            case 5:
                lines += [f"if ({value}) {{", *inner, "} else {", *inner, "}"]
            case 6:
                lines += [f"async function {name}(a, b = {value}) {{", *inner, f"{tab}return {value};", "}"]
            case 7:
                lines += [f"for (const {name} of {value}) {{", *inner, "}"]
            case 8:
                lines += [f"call({value}, (a) => {{", *inner, "});"]
            case _:
                lines += [f"class {name} extends Base {{", f"{tab}method() {{", *[tab + line for line in inner], f"{tab}}}", "}"]
    return lines


@st.composite
def sources(draw: st.DrawFn, write: Callable[[st.DrawFn, int, str], list[str]]) -> bytes:
    """A file: blocks of statements, with one of the line ends and indentations that there are."""
    tab, end = draw(st.sampled_from(["    ", "\t", "  "])), draw(st.sampled_from(["\n", "\r\n"]))
    mark, last = draw(st.sampled_from(["", "\ufeff"])), draw(st.sampled_from(["", end]))
    return (mark + end.join(write(draw, 3, tab)) + last).encode()


WRITERS = {Language.PYTHON: _python, Language.JAVASCRIPT: _braces, Language.TYPESCRIPT: _braces, Language.TSX: _braces}
DAMAGE = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from([b"", b"(", b"}", b'"""', b"`", b"\r", b"\x00", b"\xff", b"\n\n", b"<a>", b":"])), min_size=1
)


@pytest.mark.parametrize("language", WRITERS)
def test_generated_sources_tile_in_atoms_of_at_most_15_loc_with_names_of_their_own(language: Language) -> None:
    @given(source=sources(WRITERS[language]))
    @settings(max_examples=60, deadline=None)
    def check(source: bytes) -> None:
        atomization = atomize(source, "a/b.x", language)
        assert_tiles(atomization, source)
        assert all(atom.loc <= MAX_LOC for atom in atomization.atoms)
        assert all(atom.complexity >= 1 and 0 <= atom.atomicity.score <= 1 and 0 <= atom.context.completeness <= 1 for atom in atomization.atoms)
        assert all(atom.span.start_line <= atom.span.end_line for atom in atomization.atoms)

    check()


@pytest.mark.parametrize("language", WRITERS)
def test_damaged_generated_sources_tile_as_well(language: Language) -> None:
    @given(source=sources(WRITERS[language]), damage=DAMAGE)
    @settings(max_examples=60, deadline=None)
    def check(source: bytes, damage: list[tuple[float, int, bytes]]) -> None:
        for share, length, put in damage:
            at = int(share * len(source))
            source = source[:at] + put + source[at + length :]
        atomization = atomize(source, "a/b.x", language)
        assert_tiles(atomization, source)
        assert all(atom.loc <= MAX_LOC for atom in atomization.atoms)

    check()


@given(count=st.integers(1, 40), loc=st.integers(2, 14))
@settings(max_examples=40, deadline=None)
def test_functions_that_fit_are_one_atom_each_whatever_stands_around_them(count: int, loc: int) -> None:
    body = "".join(f"    b{number} = a\n" for number in range(loc - 1))
    source = "import os\n\n" + "".join(f"def f{number}(a):\n{body}\n\n" for number in range(count))
    atoms = atomize(source.encode(), "m.py", Language.PYTHON).atoms
    assert [(atom.name, atom.kind) for atom in atoms[1:]] == [(f"m.f{number}", AtomKind.FUNCTION) for number in range(count)]
