"""Promises of the report: it tells everything, needs nothing, and trusts nobody."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.decisions import ConfidenceScore, ReviewItem
from mge_assets.model.errors import Place
from mge_assets.model.executions import AtomCounts, ExecutionStatus
from mge_assets.model.findings import Finding, Level, Severity
from mge_assets.model.stages import Stage
from mge_assets.stages.delivery import (
    AtomRow,
    DeliveryReport,
    FileRow,
    LevelRow,
    ModelCost,
    NamedFinding,
    ReviewRow,
    StageTime,
    WaveRow,
    report_html,
)
from mge_assets.stages.delivery.findings import grouped
from mge_assets.stages.delivery.picture import picture
from mge_resources.syntax import Language

EVIL = "</script></style></title>\"'><script>window.hacked = 1</script><img src=x onerror='window.hacked=1'>&{{ 7*7 }}"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><title>graph</title><rect width="4" height="4"/></svg>'
CHROMIUM = Path("/usr/bin/chromium")


def report(atoms: int = 12, evil: str = "", svg: str = SVG) -> DeliveryReport:
    statuses = (AtomStatus.COMPLETED, AtomStatus.COMPLETED, AtomStatus.FAILED, AtomStatus.BLOCKED)
    rows = tuple(
        AtomRow(f"shop.a{n}{evil}", f"shop/a{n}.py{evil}", f"function{evil}", n % 3, statuses[n % 4], n % 5, None if n % 4 == 3 else n / atoms, n % 15, n % 9)
        for n in range(atoms)
    )
    found = Finding(f"python.F821{evil}", Severity.ERROR, f"undefined name{evil}", f"define it{evil}", Place(f"shop/a0.py{evil}", 41))
    item = ReviewItem(rows[0].name, ConfidenceScore(0.4, 0.5, 0.6, 0.7, 0.8), (f"It failed.{evil}",))
    return DeliveryReport(
        plan=f"shop{evil}",
        status=ExecutionStatus.COMPLETED,
        made=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        atoms=AtomCounts(atoms, atoms // 2, atoms // 4, atoms // 4, 1, 2),
        precision_percent=50.0,
        seconds=135.5,
        max_parallel=100,
        description=f"Sells things.{evil}",
        out=f"build/shop{evil}",
        stages=(StageTime(Stage.PLANNING, 0.25), StageTime(Stage.GENERATION, 70.0)),
        waves=(WaveRow(0, 8, 6, 2, 0, 3.5), WaveRow(1, 4, 0, 0, 4, None)),
        atom_rows=rows,
        findings=(NamedFinding(rows[0].name, found),),
        levels=(LevelRow(Level.ATOMIC, atoms, 9, 3, 1, 0.9, 4.0, f"bubblewrap{evil}"),),
        review=(ReviewRow(item, f"def a():\n    return '{evil}'\n".encode(), Language.PYTHON, f"shop/a0.py{evil}", 40),),
        costs=(ModelCost(f"model{evil}", 3, 1200, 340, 1.25),),
        files=(FileRow(f"shop/a0.py{evil}", f"Stock{evil}", 1234, "ab" * 32),),
        commits=("c0ffee" * 6,),
        cut_edges=(f"a → b{evil}",),
        graph_svg=svg,
        next_commands=((f"mge status shop{evil}", f"See more{evil}"),),
    )


class Reading(HTMLParser):
    """Collects every element and all text of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_everything_that_happened_is_told():
    text = "".join(Reading(report_html(report())).texts)
    told = [
        "shop",
        "Sells things.",
        "2 min 16 s",
        "$1.25",
        "undefined name",
        "define it",
        "shop/a0.py:41",
        "bubblewrap",
        "abab",
        "c0ffee",
        "a → b",
        "mge status shop",
    ]
    assert [part for part in (*told, "It failed.", "1 atomic", "planning", "generation", "def", "up to 100 atoms") if part not in text] == []


def test_names_messages_and_code_are_never_markup():
    html = report_html(report(evil=EVIL))
    plain, evil = Reading(report_html(report())), Reading(html)
    assert [tag for tag, _ in evil.elements if tag != "span"] == [tag for tag, _ in plain.elements if tag != "span"]
    assert not any(name.startswith("on") for _, attributes in evil.elements for name in attributes)
    assert "49" not in "".join(evil.texts).partition("Sells things.")[2][:300]


def test_the_page_needs_nothing_from_anywhere():
    html = report_html(report())
    assert not [tag for tag, _ in Reading(html).elements if tag in {"link", "iframe", "object", "img"}]
    assert re.findall(r"(?:https?:)?//[\w.]+", html.replace("http://www.w3.org/2000/svg", "").replace("// Sorting", "").replace("// unknown", "")) == []
    assert "default-src 'none'" in html


def test_twelve_thousand_atoms_stay_under_three_megabytes_and_show_what_needs_attention():
    large = report(12_000)
    review = tuple(replace(large.review[0], code=b"x = 1\n" * 500) for _ in range(2_400))
    findings = tuple(NamedFinding(row.name, Finding(f"rule{n % 90}", Severity.WARNING, "m" * 100)) for n, row in enumerate(large.atom_rows))
    files = large.files * 2_000
    html = report_html(replace(large, review=review, findings=findings, files=files, graph_svg=SVG.replace("<rect", "<rect/>" * 200_000 + "<rect")))
    assert len(html.encode()) < 3_000_000
    assert "500 of 12\u202f000" in html
    assert html.count('data-status="failed"') == 500
    assert "too large for a picture" in html


def test_an_empty_plan_has_a_report_too():
    empty = DeliveryReport("p", ExecutionStatus.FAILED, datetime(2026, 1, 1, tzinfo=UTC), AtomCounts(), 100.0, 0.0)
    text = "".join(Reading(report_html(empty)).texts)
    assert [
        said for said in ("No waves were run", "Nothing was found", "No level was run", "There are no atoms", "Nothing was delivered") if said not in text
    ] == []


def test_the_same_report_gives_the_same_bytes():
    assert report_html(report()) == report_html(report())


def test_findings_of_one_rule_are_one_group_and_errors_come_first():
    findings = [NamedFinding(f"a{n}", Finding("w", Severity.WARNING, "m")) for n in range(30)] + [NamedFinding("b", Finding("e", Severity.ERROR, "m"))]
    groups = grouped(findings)
    assert [(group.rule, group.count, len(group.examples), group.more) for group in groups] == [("e", 1, 1, 0), ("w", 30, 10, 20)]


@pytest.mark.parametrize(
    "inside",
    [
        "<script>window.hacked = 1</script>",
        "<foreignObject><body onload='window.hacked=1'/></foreignObject>",
        "<rect onclick='window.hacked=1'/>",
        "<a href='javascript:window.hacked=1'><text>x</text></a>",
        "<use href='http://evil.example/x.svg#a'/>",
        "<image href='http://evil.example/x.png'/>",
        "<rect style='fill:url(http://evil.example/x)'/>",
        "<style>@import 'http://evil.example/x.css';</style>",
        "<style>rect{fill:url(  //evil.example)}</style>",
        "<animate attributeName='href' values='javascript:window.hacked=1'/>",
        "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>window.hacked = 1</x:script>",
    ],
)
def test_of_a_picture_only_the_drawing_is_taken(inside):
    taken = picture(SVG.replace("<rect", inside + "<rect", 1))
    assert "width" in taken.markup
    assert not re.search(r"hacked|evil|script|onclick|@import", str(taken.markup))


def test_a_pictures_styles_and_inner_links_stay_and_hold_inside_the_figure_only():
    taken = picture(SVG.replace("<rect", "<style>rect { fill: red }</style><use href='#a'/><rect fill='url(#g)'", 1))
    assert "@scope (figure.graph)" in taken.markup
    assert 'href="#a"' in taken.markup
    assert 'fill="url(#g)"' in taken.markup


@pytest.mark.parametrize("svg", ["", "no picture", "<html/>", '<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG, SVG[:-3]])
def test_what_is_no_picture_is_said_and_not_shown(svg):
    assert picture(svg).missing
    assert picture(svg).markup == ""


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_text_can_be_read_on_light_and_dark_ground():
    schemes = [dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in re.findall(r":root \{[^}]*--ground[^}]*\}", report_html(report()))]
    assert len(schemes) == 2
    for colours in schemes:
        weak = [
            (ink, ground)
            for ink in ("ink", "soft", "link", "good", "bad", "warn", "rest")
            for ground in ("ground", "raised")
            if contrast(colours[ink], colours[ground]) < 4.5
        ]
        assert weak == []
        assert contrast(colours["ink"], colours["mark"]) > 4.5


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip("no chromium to open the report with")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


def test_the_report_opens_in_a_browser_runs_no_foreign_script_and_sorts_and_filters(browser, tmp_path):
    file = tmp_path / "report.html"
    file.write_text(report_html(report(40, EVIL)), encoding="utf-8")
    page, complaints, asked = browser.new_page(viewport={"width": 390, "height": 800}), [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert (complaints, asked) == ([], [file.as_uri()])
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.select_option("form.filter select", "failed")
    assert page.locator("#atoms tbody tr:visible").count() == 10
    assert page.locator("form.filter output").text_content() == "10 of 40"
    page.get_by_role("button", name="LOC").click()
    page.get_by_role("button", name="LOC").click()
    lengths = [int(text) for text in page.locator("#atoms tbody tr:visible td:nth-child(8)").all_text_contents()]
    assert lengths == sorted(lengths, reverse=True)


def test_the_report_says_everything_without_javascript(browser, tmp_path):
    file = tmp_path / "report.html"
    file.write_text(report_html(report()), encoding="utf-8")
    page = browser.new_context(java_script_enabled=False, color_scheme="dark").new_page()
    page.goto(file.as_uri())
    assert page.locator("#atoms tbody tr:visible").count() == 12
    assert not page.locator("form.filter").is_visible()
