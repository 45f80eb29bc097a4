"""Code and differences as markup: nothing is lost, nothing is obeyed, nothing hides."""

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from mge_assets.model.errors import Place
from mge_assets.model.findings import Finding, Severity
from mge_assets.web.code import coloured, editable, from_form, lines, shown, visible
from mge_assets.web.diff import side_by_side

_PLAIN = st.text(st.characters(categories=("L", "N", "P", "S"), include_characters=" \t\n"), max_size=200)


def bare(markup: Markup) -> str:
    return unescape(re.sub(r"<[^>]*>", "", markup))


@settings(max_examples=40, deadline=None)
@given(text=_PLAIN, language=st.sampled_from(["python", "typescript", "tsx", "javascript", "unheard-of"]))
def test_coloured_lines_are_the_text(text: str, language: str) -> None:
    parts = text.split("\n")
    assert [bare(line) for line in coloured(text, language)] == (parts if parts[-1] or len(parts) == 1 else parts[:-1])


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=200))
def test_only_our_own_tags_come_out(text: str) -> None:
    tags = set(re.findall(r"<[^>]*>", Markup("\n").join(coloured(text, "python"))))
    assert all(tag == "</span>" or re.fullmatch(r'<span class="[a-z0-9-]+"( title="[^"<>]*")?>', tag) for tag in tags)


@settings(max_examples=40, deadline=None)
@given(left=_PLAIN, right=_PLAIN)
def test_both_sides_of_a_diff_are_the_texts(left: str, right: str) -> None:
    rows = side_by_side(left, right)
    for text, halves in ((left, [row.left for row in rows]), (right, [row.right for row in rows])):
        found = [bare(half.html) for half in halves if half]
        assert found == ([] if left == right else text.split("\n")[: -1 if text.endswith("\n") or not text else None])
    assert left != right or not rows


def test_signs_that_would_hide_or_reorder_are_spelt_out() -> None:
    assert visible("a\u202eb\u200bc\x1b") == Markup(
        'a<span class="hidden-sign" title="right-to-left override">U+202E</span>b'
        '<span class="hidden-sign" title="zero width space">U+200B</span>c<span class="hidden-sign" title="control character">U+001B</span>'
    )
    assert "U+202E" in lines("x = '\u202e'\n".encode(), "python")[0].html


def test_findings_stand_at_their_lines() -> None:
    found = (Finding("r", Severity.WARNING, "w", "", Place("f", 8)), Finding("r", Severity.ERROR, "e", "", Place("f", 8)), Finding("r", Severity.INFO, "i"))
    seven, eight = lines(b"a = 1\nb = 2\n", "python", 7, found)
    assert (seven.number, seven.findings, seven.severity) == (7, (), "")
    assert (eight.number, len(eight.findings), eight.severity) == (8, 2, "error")


@pytest.mark.parametrize("code", [b"a\r\nb\r\n", b"a\nb\n", b"a", b"", "ö\n".encode()])
def test_what_can_be_edited_survives_a_text_area(code: bytes) -> None:
    assert editable(code)
    sent = shown(code).replace("\n", "\r\n")
    assert from_form(sent, code) == code


@pytest.mark.parametrize("code", [b"\xff", b"a\0", b"a\r\nb\n", b"a\rb", b"x" * 60_001])
def test_what_a_text_area_would_harm_can_not_be_edited(code: bytes) -> None:
    assert not editable(code)


def test_very_long_code_is_cut_and_very_long_texts_are_not_compared() -> None:
    assert len(lines(b"x = 1\n" * 100_000, "python")) == 10_000
    assert side_by_side("a\n" * 700, "b\n" * 700) == ()
