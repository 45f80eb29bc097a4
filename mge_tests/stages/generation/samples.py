"""Atoms to generate, and a level 1 for Python that really compiles and runs what it judges."""

from mge_assets.model.atoms import Atom, AtomContext, AtomKind, Span
from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, Finding, Level, Severity, ValidationResult
from mge_assets.stages.generation import AtomWork
from mge_resources.syntax import Language

BEFORE = b'"""A shop."""\n\n\nclass Basket:\n    """Holds prices."""\n\n    def __init__(self, prices):\n        self.prices = prices\n\n'
STUB = b'    def total(self):\n        """Sum of the prices, 0 for none."""\n        ...\n\n'
AFTER = b"    def __len__(self):\n        return len(self.prices)\n"
GOOD = "    def total(self):\n        return sum(self.prices)"
WRONG = "    def total(self):\n        return max(self.prices)"
BROKEN = "    def total(self):\n        return sum(self.prices"
SECRET = "41999"


def atom(text: bytes = STUB, **values: object) -> Atom:
    """``Basket.total`` with this draft; ``values`` replace any field."""
    fields: dict[str, object] = {
        "name": "shop.Basket.total",
        "number": 3,
        "kind": AtomKind.METHOD,
        "language": Language.PYTHON,
        "file": "shop.py",
        "span": Span(len(BEFORE), len(BEFORE) + len(text), 10, 13),
        "text": text,
        "loc": 3,
        "complexity": 1,
        "node_type": "function_definition",
        "scope": "shop.Basket",
        "indent": "    ",
        "signature": "def total(self):",
        "stub": text == STUB,
        "context": AtomContext(types=("prices: list[int]",), hints=("uses self.prices",)),
    }
    return Atom(**(fields | values))  # type: ignore[arg-type]


def work(text: bytes = STUB, *, regenerate: bool = False, **values: object) -> AtomWork:
    """The work on ``Basket.total``."""
    return AtomWork(atom(text, **values), BEFORE, AFTER, regenerate, (), "A shop.", "Baskets and what they cost.", ())


def fenced(code: str, language: str = "python") -> str:
    """An answer that holds the code in one block."""
    return f"```{language}\n{code}\n```"


def validate(atom: Atom, code: bytes, before: bytes, after: bytes, stub: Severity) -> ValidationResult:
    """Syntax, stub and a hidden test whose message gives its expectation away, as a test runner's does."""
    checks = []
    try:
        module = compile(before + code + after, atom.file, "exec")
    except SyntaxError as error:
        finding = Finding("syntax.python", Severity.ERROR, error.msg, "correct the code", Place(atom.file, error.lineno))
        return ValidationResult(Level.ATOMIC, atom.name, (Check.of("syntax", (finding,)),))
    if b"..." in code:
        checks.append(Check.of("semantics", (Finding("stub", stub, "the body is a placeholder", "write it", Place(atom.file, 10)),)))
    else:
        space: dict[str, type] = {}
        exec(module, space)
        got = space["Basket"]([41000, 999]).total()
        failed = () if str(got) == SECRET else (Finding("test.failed", Severity.ERROR, f"AssertionError: expected {SECRET}, got {got}", f"return {SECRET}"),)
        checks.append(Check.of("unit test", failed))
    return ValidationResult(Level.ATOMIC, atom.name, (Check.of("syntax", ()), *checks))
