"""What the analysis finds, collected while it runs: symbols, edges with their places, uses of names."""

from dataclasses import dataclass

from mge_assets.model.graph import CodeEdge, Confidence, DataFlow, EdgeType, ImportUse, Location, Symbol, SymbolKind
from mge_assets.stages.dependency.fixpoint.values import Node, Site


@dataclass(frozen=True, slots=True)
class Use:
    """A name as it is written, and the node that it reads."""

    file: str
    line: int
    column: int
    name: str
    node: Node


class Recorder:
    """Symbols by id, edges without repeats, definitions of nodes and, if asked for, uses."""

    def __init__(self, *, references: bool) -> None:
        self.references = references
        self.symbols: dict[str, Symbol] = {}
        self.edges: dict[CodeEdge, None] = {}
        self.imports: dict[ImportUse, None] = {}
        self.flows: dict[DataFlow, None] = {}
        self.definitions: dict[Node, list[Location]] = {}
        self.uses: list[Use] = []

    def symbol(self, symbol: Symbol) -> None:
        """Record a definition; the first of an id stands, but a function or class comes before a variable of its name."""
        known = self.symbols.get(symbol.id)
        if known is None or (known.kind is SymbolKind.VARIABLE and symbol.kind is not SymbolKind.VARIABLE):
            self.symbols[symbol.id] = symbol

    def edge(self, site: Site, target: str, kind: EdgeType, confidence: Confidence = Confidence.RESOLVED) -> None:
        """Record that the code at ``site`` needs ``target``."""
        self.edges[CodeEdge(site.symbol, target, kind, confidence, site.file, site.byte)] = None

    def define(self, node: Node, file: str, line: int) -> None:
        """The node's value is defined at this line."""
        if self.references:
            self.definitions.setdefault(node, []).append(Location(file, line))

    def use(self, use: Use) -> None:
        """A name is read here."""
        if self.references:
            self.uses.append(use)
