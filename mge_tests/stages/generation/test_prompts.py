"""Requests: they hold all that the atom needs, and no data can pass for their own structure."""

import html
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mge_assets.model.atoms import AtomContext, AtomKind
from mge_assets.stages.generation import AtomWork, DependencyCode, build_request
from mge_assets.stages.generation.requests import DEPENDENCY_BYTES
from mge_resources.llm import ModelRequest
from mge_resources.syntax import Language
from mge_tests.stages.generation.samples import GOOD, STUB, atom, work

TAG = re.compile(r'<atom name="([^"]*)" kind="([^"]*)" language="([^"]*)" file="([^"]*)">(.*)</atom>\Z', re.DOTALL)
ITEM = DependencyCode("shop.Item", AtomKind.CLASS_HEADER, "item.py", "class Item", b"class Item:\n    price: int")


def whole(request: ModelRequest) -> str:
    return f"{request.system}\n{request.shared}\n{request.prompt}"


def contract(task: AtomWork) -> str:
    found = TAG.search(build_request(task, 1, "", 1000).prompt)
    assert found is not None
    return found[5]


def test_the_last_thing_is_the_tag_that_names_the_atom() -> None:
    request = build_request(work(), 1, "", 1000)
    found = TAG.search(request.prompt)
    assert found is not None
    assert found.groups()[:4] == ("shop.Basket.total", "method", "python", "shop.py")
    assert whole(request).lower().count("<atom") == whole(request).lower().count("</atom") == 1


def test_the_contract_holds_what_the_atom_must_be() -> None:
    text = contract(work())
    for part in ("class Basket:", "def total(self):", "Sum of the prices, 0 for none.", "prices: list[int]", "uses self.prices"):
        assert part in text


def test_every_component_of_the_context_is_shown() -> None:
    context = AtomContext(("import csv",), ("rows: list",), ("rows is sorted",), ("result >= 0",), ("total([2]) == 2",), ("calls helper",))
    text = contract(work(context=context))
    assert all(part in text for part in ("import csv", "rows: list", "rows is sorted", "result >= 0", "total([2]) == 2", "calls helper"))


def test_the_headers_around_are_shown_from_the_outermost_in_and_without_their_bodies() -> None:
    before = b"@dec\nclass Shop:\n    x = 1\n\n    async def open(\n        self,\n    ) -> None:\n        y = 2\n        if self.closed:\n"
    task = AtomWork(atom(b"            return\n", indent="            ", kind=AtomKind.STATEMENT_GROUP, signature=""), before, b"        z = 3\n")
    text = contract(task)
    assert text.index("@dec\nclass Shop:") < text.index("    async def open(\n        self,\n    ) -> None:") < text.index("        if self.closed:")
    assert "x = 1" not in text
    assert "y = 2" not in text


def test_a_typescript_methods_class_is_shown() -> None:
    draft = atom(b"  total(): number {\n  }\n", language=Language.TYPESCRIPT, indent="  ", signature="total(): number", file="shop.ts")
    text = contract(AtomWork(draft, b"export class Basket<T> extends Base {\n  prices: T[] = [];\n", b"}\n"))
    assert "export class Basket<T> extends Base" in text
    assert "prices: T[]" not in text


def test_an_unwanted_body_is_not_shown_to_the_model() -> None:
    text = contract(work(b'    def total(self):\n        """Sum."""\n        return sum(self.prices)\n', regenerate=True))
    assert '"""Sum."""\n        ...' in text
    assert "return sum" not in text
    assert "return sum" in contract(work(GOOD.encode()))


def test_an_unwanted_typescript_body_is_not_shown_either() -> None:
    draft = atom(b"  total(): number {\n    return secret;\n  }\n", language=Language.TYPESCRIPT, indent="  ", signature="total(): number", file="shop.ts")
    text = contract(AtomWork(draft, b"class Basket {\n", b"}\n", regenerate=True))
    assert "total(): number { }" in text
    assert "secret" not in text


def test_dependencies_come_with_their_code_and_beyond_the_room_with_their_signature() -> None:
    large = DependencyCode("shop.large", AtomKind.FUNCTION, "large.py", "def large() -> int:", b"x" * (DEPENDENCY_BYTES + 1))
    prompt = build_request(replace(work(), dependencies=(ITEM, large)), 1, "", 1000).prompt
    assert "price: int" in prompt
    assert "def large() -> int:" in prompt
    assert "xxxx" not in prompt


def test_what_the_draft_shows_is_not_said_again() -> None:
    context = AtomContext(preconditions=("self is a Basket", "prices is given"), postconditions=("returns Sum of the prices",))
    assert "Preconditions" not in contract(work(context=context))
    assert "Signature:" not in contract(work())


def test_no_tests_text_is_shown() -> None:
    case = "def test_total():\n    assert Basket([41000, 999]).total() == 41999"
    assert "41999" not in contract(work(context=AtomContext(test_cases=(case,))))


def test_contract_and_members_are_shown_each_where_it_belongs() -> None:
    request = build_request(replace(work(), contract="def shared_by_all(x)", nearby="def beside(y)", members=("Basket: prices",)), 1, "", 1000)
    assert "def shared_by_all(x)" in request.shared
    assert "def beside(y)" in request.prompt
    assert "Basket: prices" in request.prompt


def test_a_body_apart_from_its_head_is_asked_for_by_the_whole_definition() -> None:
    whole = b'    def total(self):\n        """Sum of the prices."""\n        ...\n'
    task = replace(work(b"        ...\n", name="shop.Basket.total#2", kind=AtomKind.STATEMENT_GROUP, signature="", indent="        "), whole=whole)
    found = TAG.search(build_request(task, 1, "", 1000).prompt)
    assert found is not None
    assert found.groups()[:2] == ("shop.Basket.total", "method")
    assert "def total(self):" in found[5]


def test_the_lines_around_a_part_are_shown() -> None:
    prompt = build_request(work(kind=AtomKind.STATEMENT_GROUP), 1, "", 1000).prompt
    assert "self.prices = prices" in prompt
    assert "def __len__(self):" in prompt


def test_the_shared_part_is_the_same_for_every_atom_and_attempt_of_a_plan() -> None:
    other = replace(work(), atom=atom(name="shop.other"), task_description="Another task.")
    requests = [build_request(work(), 1, "", 1000), build_request(work(), 3, "wrong", 4000), build_request(other, 1, "", 1000)]
    assert len({(request.system, request.shared) for request in requests}) == 1
    assert "A shop." in requests[0].shared


def test_the_packages_that_may_be_imported_are_named() -> None:
    assert "fastapi>=0.110" in build_request(replace(work(), requirements=("fastapi>=0.110",)), 1, "", 1000).shared


@pytest.mark.parametrize(("attempt", "temperature"), [(1, 0.7), (2, 0.5), (3, 0.3), (4, 0.3), (9, 0.3)])
def test_an_attempt_asks_for_its_temperature(attempt: int, temperature: float) -> None:
    request = build_request(work(), attempt, "", 1000)
    assert (request.attempt, request.temperature, request.max_tokens) == (attempt, temperature, 1000)


def test_the_draft_travels_along_unless_it_is_empty() -> None:
    assert build_request(work(), 1, "", 1000).draft == STUB
    assert build_request(work(b""), 1, "", 1000).draft is None


def test_the_same_work_makes_the_same_request() -> None:
    assert build_request(work(), 2, "wrong", 1000) == build_request(work(), 2, "wrong", 1000)


TAGS = ['<atom name="x" kind="k" language="l" file="f">', "</atom>", "< / ATOM>", "&lt;"]
MARKS = ["```", "````python", "\n", "\r\n", "> ", "## Rules", '"', "{{ x }}", "{% if %}"]
nasty = st.text() | st.lists(st.sampled_from(TAGS + MARKS)).map("".join)


@given(texts=st.tuples(nasty, nasty, nasty, nasty, nasty, nasty, nasty), name=nasty)
def test_no_data_can_fake_the_tag(texts: tuple[str, ...], name: str) -> None:
    plan, description, code, hint, before, after, signature = texts
    dependency = DependencyCode(name, AtomKind.FUNCTION, "a.py", signature, code.encode())
    draft = atom(code.encode(), name=name, signature=signature, context=AtomContext(hints=(hint,)))
    task = AtomWork(draft, before.encode(), after.encode(), False, (dependency,), plan, description, (hint,))
    request = build_request(task, 1, "", 1000)
    assert len(re.findall(r"<\s*atom", whole(request), re.IGNORECASE)) == 1
    assert len(re.findall(r"<\s*/\s*atom", whole(request), re.IGNORECASE)) == 1
    found = TAG.search(request.prompt)
    assert found is not None
    assert html.unescape(found[1]).split() == name.split()


@given(code=nasty)
def test_code_cannot_leave_its_fence(code: str) -> None:
    text = contract(AtomWork(atom(code.encode(), signature=""), b"", b""))
    opening = re.search(r"^(`{3,})python\n", text, re.MULTILINE)
    assert opening is None or re.search(rf"^{opening[1]}$", text[opening.end() :], re.MULTILINE) is not None
    assert opening is None or opening[1] not in code
