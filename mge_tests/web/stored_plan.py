"""A masterplan written into the database through the stores, with everything that a page can show: waves, attempts, findings, reviews, hostile text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from mge_assets.model.atoms import Atom, AtomContext, Atomicity, Atomization, AtomKind, Span
from mge_assets.model.attempts import AtomOutcome, AtomStatus, Attempt, ErrorClass
from mge_assets.model.decisions import ConfidenceScore, ReviewItem
from mge_assets.model.errors import Place
from mge_assets.model.executions import ExecutionMode, ExecutionStatus
from mge_assets.model.findings import Check, Finding, Level, Severity, ValidationResult
from mge_assets.model.graph import AtomEdge, AtomGraph, EdgeType
from mge_assets.model.ids import atom_id, part_id
from mge_assets.model.waves import Wave, WavePlan
from mge_assets.services.workspace import Workspace
from mge_assets.store.executions import NewExecution
from mge_assets.store.landings import Landing
from mge_resources.llm.port import ModelReply
from mge_resources.syntax import Language

HOSTILE = "<script>document.title='owned'</script>"
FILE = "shop/cart.py"
DRAFTS = (
    b'"""The cart."""\n\nfrom decimal import Decimal\n\n\n',
    b'def total(prices: list[Decimal]) -> Decimal:\n    """The sum of the prices."""\n    ...\n\n\n',
    b'def discount(price: Decimal, percent: int) -> Decimal:\n    """The price less so many percent."""\n    return price\n\n\n',
    b'def label(name: str) -> str:\n    """A label."""\n    return "' + HOSTILE.encode() + b'" + name\n',
)
CODES = (
    DRAFTS[0],
    b'def total(prices: list[Decimal]) -> Decimal:\n    """The sum of the prices."""\n    return sum(prices, Decimal(0))\n\n\n',
    b'def discount(price: Decimal, percent: int) -> Decimal:\n    """The price less so many percent."""\n    return price * (100 - precent) / 100\n\n\n',
    DRAFTS[3],
)
NAMES = ("shop.cart", "shop.cart.total", "shop.cart.discount", f"shop.cart.{HOSTILE}")
SCORES = (None, 0.62, 0.31, 0.74)
_PLAN = """\
name: {name}
description: A cart {hostile} that adds up
phases:
  - name: Core
    milestones:
      - name: Cart
        tasks:
          - name: cart
            description: Prices of a cart
            file: shop/cart.py
"""


@dataclass(frozen=True)
class StoredShop:
    """The plan's name, and the ids of its atoms and reviews by place in ``NAMES``."""

    name: str
    execution: UUID

    def atom(self, place: int) -> UUID:
        return atom_id(self.name, "cart", NAMES[place])

    def review(self, place: int) -> UUID:
        return part_id(self.atom(place), "review", "")


def store_shop(workspace: Workspace, folder: Path) -> StoredShop:
    """A plan of four atoms in two waves: one is a draft taken as it is, one passed at its second attempt, one failed, one is full of markup."""
    name = f"shop-{uuid4().hex[:8]}"
    path = folder / f"{name}.yaml"
    path.write_text(_PLAN.format(name=name, hostile=HOSTILE))
    workspace.plans.register(path)
    stores, atoms = workspace.stores, _atoms()
    stores.atoms.replace(name, "cart", "digest", Atomization(FILE, Language.PYTHON, atoms), "Prices of a cart")
    ids = {atom.name: atom_id(name, "cart", atom.name) for atom in atoms}
    edges = tuple(AtomEdge(NAMES[place], NAMES[0], EdgeType.IMPORT, places=(f"{FILE}:6",)) for place in (1, 2))
    stores.graphs.save(name, AtomGraph(NAMES, edges, {"atoms": 4.0, "edges": 2.0}), ids, "digest")
    stores.graphs.save_waves(name, WavePlan((Wave(0, (NAMES[0], NAMES[3])), Wave(1, NAMES[1:3])), (), (NAMES[1], NAMES[0])), ids, "<svg/>")
    execution = _execute(workspace, name, [ids[atom.name] for atom in atoms])
    queue_reviews(workspace, name)
    return StoredShop(name, execution)


def queue_reviews(workspace: Workspace, name: str, codes: Sequence[bytes] = CODES) -> None:
    """Put every atom but the first before a person."""
    items = []
    for place, score in enumerate(SCORES):
        if score is not None:
            reasons = (f"Confidence is low ({score}).", f"The check {HOSTILE} failed.")
            items.append((atom_id(name, "cart", NAMES[place]), codes[place], ReviewItem(NAMES[place], ConfidenceScore(score, 0.5, 0.4, 1.0, score), reasons)))
    workspace.stores.reviews.replace_open(name, items)


def _atoms() -> tuple[Atom, ...]:
    atoms, byte, line = [], 0, 1
    for place, text in enumerate(DRAFTS):
        span = Span(byte, byte + len(text), line, line + text.count(b"\n") - 1)
        kind = AtomKind.FUNCTION if place else AtomKind.DOCSTRING
        context = AtomContext(imports=("from decimal import Decimal",), exempt=frozenset({"types", "test_cases"}))
        head: dict[str, Any] = {"name": NAMES[place], "number": place + 1, "kind": kind, "language": Language.PYTHON, "file": FILE, "span": span, "text": text}
        rest: dict[str, Any] = {"loc": 3, "complexity": place, "node_type": "function_definition", "scope": "shop.cart", "stub": place == 1}
        atoms.append(Atom(**head, **rest, context=context, atomicity=Atomicity(0.9)))
        byte, line = byte + len(text), span.end_line + 1
    return tuple(atoms)


def _execute(workspace: Workspace, name: str, ids: Sequence[UUID]) -> UUID:
    store = workspace.stores.executions
    execution = store.start(name, NewExecution(f"run-{name}", 1, ExecutionMode.V2_ATOMS, "claude-test", 2, 4, "test"))
    start = datetime.now(UTC) - timedelta(seconds=10)
    outcomes = [
        AtomOutcome(NAMES[0], AtomStatus.COMPLETED, CODES[0], (Attempt(0, CODES[0], _result(0)),)),
        AtomOutcome(NAMES[1], AtomStatus.COMPLETED, CODES[1], (_attempt(1, 1, passed=False), _attempt(1, 2))),
        AtomOutcome(NAMES[2], AtomStatus.FAILED, CODES[2], tuple(_attempt(2, number, passed=False) for number in (1, 2, 3, 4))),
        AtomOutcome(NAMES[3], AtomStatus.COMPLETED, CODES[3], (Attempt(0, CODES[3], _result(3)),)),
    ]
    landings = [Landing(atom, outcome, f"print-{atom}", start, start + timedelta(seconds=2)) for atom, outcome in zip(ids, outcomes, strict=True)]
    store.land(execution, landings)
    call = workspace.stores.journal.reserve(execution, ids[1], 1, "claude-test", "digest", 0.5)
    workspace.stores.journal.settle(call, ModelReply(text="", model="claude-test", tokens_input=100, tokens_output=50, cost_usd=0.25, seconds=1.0))
    for wave in (0, 1):
        store.close_wave(name, wave, reused=0, in_flight=2)
    store.set_values(execution, max_in_flight=2)
    store.finish(execution, ExecutionStatus.FAILED, error="1 atom failed")
    workspace.stores.atoms.set_confidence((ids[place], score, True) for place, score in enumerate(SCORES) if score is not None)
    task = ValidationResult(Level.TASK, "cart", (Check.of("imports", ()),), 0.1)
    workspace.stores.validations.save(name, [(task, "digest")], execution)
    return execution


def _attempt(place: int, number: int, *, passed: bool = True) -> Attempt:
    result = _result(place, passed=passed)
    trouble: dict[str, Any] = (
        {} if passed else {"error": f"undefined name precent {HOSTILE}", "error_class": ErrorClass.LOGIC, "feedback": f"Define it. {HOSTILE}"}
    )
    temperature = (0.7, 0.5, 0.3, 0.3)[number - 1]
    return Attempt(number, CODES[place], result, **trouble, temperature=temperature, model="claude-test", cost_usd=0.01, seconds=1.5)


def _result(place: int, *, passed: bool = True) -> ValidationResult:
    line = 1 + b"".join(CODES[:place]).count(b"\n") + 2
    wrong = Finding("python.undefined", Severity.ERROR, f"undefined name 'precent' {HOSTILE}", "use percent", Place(FILE, line, 26))
    mild = Finding("python.style", Severity.WARNING, "no example in the docstring", "add one", Place(FILE, line - 1))
    far = Finding("python.import", Severity.INFO, "the module imports decimal", "", Place(FILE, 400))
    checks = (Check.of("syntax", ()), Check.of("semantics", () if passed else (wrong, mild)), Check.of("names", (far,)), Check.not_run("unit_test", "no test"))
    return ValidationResult(Level.ATOMIC, NAMES[place], checks, 0.02)
