"""Reading answers: whatever a model wraps around its code, the atom gets the code, where it belongs and as its file is written."""

import textwrap
from contextlib import suppress
from pathlib import Path

import click
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.stages.atomization import atomize
from mge_assets.stages.generation import ReplyError, parse_reply
from mge_resources.syntax import Language
from mge_tests.stages.generation.samples import GOOD, STUB, atom, fenced

DEDENTED = textwrap.dedent(GOOD)
WANTED = GOOD.encode() + b"\n\n"
WRAPPED = 'class Basket:\n    """Holds prices."""\n\n    def __init__(self, prices): ...\n\n' + GOOD + "\n\n    def other(self):\n        return 1\n"


def script(text: str, **values: object) -> Atom:
    """A TypeScript method."""
    fields = {"language": Language.TYPESCRIPT, "file": "shop.ts", "indent": "  ", "signature": "total(): number", "node_type": "method_definition"}
    return atom(text.encode(), **(fields | values))


@pytest.mark.parametrize(
    "answer",
    [
        fenced(GOOD),
        fenced(DEDENTED),
        fenced(GOOD, ""),
        fenced(textwrap.indent(GOOD, "    ")),
        f"Sure! Here it is:\n\n{fenced(GOOD)}\n\nThis sums the prices.",
        fenced(GOOD).replace("```", "~~~"),
        fenced(GOOD).replace("```", "````"),
        f"```python\n{GOOD}",
        f"\ufeff{fenced(GOOD)}",
        fenced(GOOD).replace("\n", "\r\n"),
        f"\n\n```python\n\n\n{GOOD}   \n\n\n```\n",
        "1. The method:\n" + textwrap.indent(fenced(DEDENTED), "   "),
        f"Instead of\n{fenced(STUB.decode())}\nwrite\n{fenced(GOOD)}",
        f"{fenced(GOOD)}\nUse it like this:\n{fenced('print(Basket([1]).total())')}",
        f"Install it:\n{fenced('pip install shop', 'sh')}\n{fenced(GOOD)}",
        fenced(WRAPPED),
        GOOD,
        fenced("def total(self):\n        return sum(self.prices)"),
    ],
)
def test_the_same_code_is_read_from_every_wrapping(answer: str) -> None:
    assert parse_reply(answer, atom()) == WANTED


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "no fenced block"),
        ("I am sorry, I can't do that.", "no fenced block"),
        ("Sorry", "no fenced block"),
        ("```python\n```", "empty"),
        (fenced("def average(self):\n    return 1"), "average instead of total"),
        (fenced("return sum(self.prices)"), "nothing instead of total"),
        (fenced(GOOD + "  # \ud800"), "half a character"),
        (fenced(GOOD + "  # \0"), "NUL"),
    ],
)
def test_an_answer_that_holds_no_such_code_says_so(answer: str, reason: str) -> None:
    with pytest.raises(ReplyError, match=reason) as caught:
        parse_reply(answer, atom())
    assert "\n" not in str(caught.value)


def test_decorators_and_comments_of_the_answer_stay() -> None:
    code = "    # cached, for it is asked for often\n    @property\n" + GOOD + "  # as of today"
    assert parse_reply(fenced(code), atom()) == code.encode() + b"\n\n"
    assert parse_reply(fenced(f"class Basket:\n{code}\n"), atom()) == code.encode() + b"\n\n"


def test_line_ends_and_blank_lines_around_are_the_drafts() -> None:
    draft = b"\r\n" + STUB.replace(b"\n", b"\r\n") + b"\r\n"
    assert parse_reply(fenced(GOOD), atom(draft)) == b"\r\n" + GOOD.replace("\n", "\r\n").encode() + b"\r\n\r\n\r\n"


def test_a_last_line_without_an_end_stays_without() -> None:
    assert parse_reply(fenced(GOOD), atom(STUB.rstrip())) == GOOD.encode()


def test_a_byte_order_mark_stays() -> None:
    first = atom(b"\xef\xbb\xbfRATE = ...\n", kind=AtomKind.CONSTANT, name="shop.RATE", signature="", indent="", scope="shop")
    assert parse_reply(fenced("RATE = 3"), first) == b"\xef\xbb\xbfRATE = 3\n"


def test_tabs_are_written_where_the_draft_has_tabs() -> None:
    tabbed = atom(b"\tdef total(self):\n\t\t...\n", indent="\t")
    assert parse_reply(fenced(GOOD), tabbed) == b"\tdef total(self):\n\t\treturn sum(self.prices)\n"
    assert parse_reply(fenced("\tdef total(self):\n\t\treturn 1"), atom()) == b"    def total(self):\n        return 1\n\n"


def test_text_inside_a_string_is_not_moved() -> None:
    code = 'def total(self):\n    """Sum.\n\n    Of prices.\n    """\n    return f("""\nselect *\n  from prices\n""")'
    moved = parse_reply(fenced(code), atom()).decode()
    assert '"""\nselect *\n  from prices\n"""' in moved
    assert "\n        Of prices.\n" in moved


def test_fences_inside_a_docstring_do_not_cut_the_code() -> None:
    code = '    def total(self):\n        """Sum.\n\n        ```\n        Basket([1]).total()\n        ```\n        """\n        return sum(self.prices)'
    assert parse_reply(fenced(code), atom()) == code.encode() + b"\n\n"


def test_a_typescript_method_is_taken_out_of_its_class() -> None:
    method = "  total(): number {\n    return this.prices.reduce((a, b) => a + b, 0);\n  }"
    draft = script("  total(): number {\n  }\n")
    wanted = method.encode() + b"\n"
    assert parse_reply(fenced(method, "ts"), draft) == wanted
    assert parse_reply(fenced(textwrap.dedent(method), "typescript"), draft) == wanted
    assert parse_reply(fenced(f"export class Basket {{\n{method}\n  other() {{}}\n}}", "typescript"), draft) == wanted
    assert parse_reply(fenced(method.lstrip(), "ts"), draft) == wanted


def test_the_block_in_the_atoms_language_wins() -> None:
    draft = script("  total(): number {\n  }\n")
    answer = f"{fenced('  total(): number { return 1; }', 'ts')}\nand in JavaScript\n{fenced('  total() { return 1; }', 'js')}"
    assert b"number" in parse_reply(answer, draft)


def test_a_later_part_of_a_definition_needs_no_name() -> None:
    part = atom(b"        if not prices:\n            return 0\n", name="shop.Basket.total#2", kind=AtomKind.STATEMENT_GROUP, signature="", indent="        ")
    assert parse_reply(fenced("if prices == []:\n    return 0"), part) == b"        if prices == []:\n            return 0\n"


def test_a_class_header_without_its_methods_is_read() -> None:
    header = atom(b"class Basket(Base):\n    ...\n\n", name="shop.Basket", kind=AtomKind.CLASS_HEADER, signature="class Basket(Base):", indent="", scope="shop")
    assert parse_reply(fenced("class Basket(Base):"), header) == b"class Basket(Base):\n\n"


names = st.sampled_from(["price", "rate", "n", "total_", "été"])
statements = st.builds(lambda name, value: f"{name} = {value}", names, st.integers(0, 99) | st.sampled_from(["'a'", "[1, 2]", "f(n)", "'``'"]))
headers = st.sampled_from(["if n:", "for n in x:", "while n:", "with n:"])
blocks = st.recursive(
    st.lists(statements, min_size=1, max_size=3),
    lambda inner: st.builds(lambda head, body: [head, *("    " + line for line in body)], headers, inner),
    max_leaves=6,
)
bodies = st.lists(blocks, min_size=1, max_size=3).map(lambda parts: [line for part in parts for line in part])
depths = st.integers(0, 3)
prose = st.text(st.characters(codec="utf-8", exclude_characters="`~")).map(lambda text: " ".join(text.split()))


def function_at(depth: int, body: list[str]) -> str:
    margin = "    " * depth
    return "\n".join([f"{margin}def total(self):", *(f"{margin}    {line}" for line in body)])


@given(body=bodies, depth=depths, before=prose, after=prose, tail=st.sampled_from([b"", b"\n", b"\n\n\n"]))
@example(["price = 0"], 1, "", "", b"")
def test_any_code_comes_back_as_it_was_written(body: list[str], depth: int, before: str, after: str, tail: bytes) -> None:
    code = function_at(depth, body)
    draft = atom(b"    " * depth + b"def total(self): ..." + tail, indent="    " * depth)
    assert parse_reply(f"{before}\n\n```python\n{code}\n```\n{after}", draft) == code.encode() + tail


@given(body=bodies, asked=depths, given_at=depths)
def test_code_moves_to_where_it_belongs_from_any_indentation(body: list[str], asked: int, given_at: int) -> None:
    draft = atom(b"    " * asked + b"def total(self): ...\n", indent="    " * asked)
    assert parse_reply(fenced(function_at(given_at, body)), draft).decode() == function_at(asked, body) + "\n"


@given(body=bodies, depth=depths)
def test_reading_what_was_read_changes_nothing(body: list[str], depth: int) -> None:
    draft = atom(b"    " * depth + b"def total(self): ...\n", indent="    " * depth)
    once = parse_reply(fenced(function_at(0, body)), draft)
    assert parse_reply(fenced(once.decode()), draft) == once


def test_every_atom_of_a_real_file_comes_back_byte_for_byte() -> None:
    file = Path(click.__file__).with_name("core.py")
    atoms = [unit for unit in atomize(file.read_bytes(), "core.py", Language.PYTHON).atoms if unit.text.strip()]
    assert len(atoms) > 300
    for unit in atoms:
        code = unit.text.decode()
        for shown in (code, textwrap.dedent(code), textwrap.indent(code, "    ")):
            assert parse_reply(f"Here it is:\n\n{fenced(shown)}\n\nAnything else?", unit) == unit.text, unit.name


PIECES = ["```", "~~~", "```python", "def total(self):", "    return 1", "", "class Basket:", "  ", "'''"]


@given(answer=st.text() | st.lists(st.sampled_from(PIECES)).map("\n".join))
def test_any_text_at_all_is_read_or_refused(answer: str) -> None:
    for draft in (atom(), script("  total(): number {\n  }\n"), atom(b"")):
        with suppress(ReplyError):
            assert parse_reply(answer, draft).strip()
