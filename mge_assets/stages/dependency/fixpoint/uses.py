"""Edges that follow from names: reads of variables and types, attributes of modules and classes, imports, guesses."""

from collections.abc import Collection

from mge_assets.model.graph import Confidence, DataFlow, EdgeType, Symbol, SymbolKind
from mge_assets.stages.dependency.fixpoint.lookup import Lookup
from mge_assets.stages.dependency.fixpoint.lowering import Names
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import Class, Instance, Module, Node, Site, Value, View

MAX_CANDIDATES = 3
"""Methods of one name that a call on an unknown receiver may be guessed to mean."""

MAX_WRITERS = 12
"""Places that write one variable and are still told apart."""


def name_edges(solver: Solver, recorder: Recorder, names: Names, lookup: Lookup, files: Collection[str]) -> None:
    """Record every edge that needs no call; ``files`` are those of the language, within which alone a method is guessed."""
    for site, node, called in names.reads:
        for symbol in names.resolve(node):
            _read(recorder, site, symbol, called=called)
            _given(recorder, site, names.writes.get(symbol, {}))
    for site, holder, name, called in names.attributes:
        for value in solver.values(holder):
            slot = _slot(value, name, lookup)
            for symbol in names.resolve(slot) if slot else ():
                _read(recorder, site, symbol, called=called)
    for site, node in names.types:
        for symbol in names.resolve(node):
            _read(recorder, site, symbol, called=False)
    for site, node in names.imports:
        for symbol in names.resolve(node):
            recorder.edge(site, symbol, EdgeType.IMPORT)
    _guess(solver, recorder, names, files)


def _slot(value: Value, name: str, lookup: Lookup) -> Node:
    match value:
        case Module() | View():
            return lookup.member(value, name)
        case Class():
            return next((known.slots[name] for known in value.order if name in known.slots), 0)
        case Instance(cls=Class() as cls):
            return next((known.slots[name] for known in cls.order if name in known.slots), 0)
        case _:
            return 0


def _read(recorder: Recorder, site: Site, target: str, *, called: bool) -> None:
    symbol: Symbol | None = recorder.symbols.get(target)
    if symbol is None or target == site.symbol:
        return
    match symbol.kind:
        case SymbolKind.CLASS | SymbolKind.TYPE:
            recorder.edge(site, target, EdgeType.TYPE)
        case SymbolKind.VARIABLE:
            recorder.edge(site, target, EdgeType.VARIABLE)
        case SymbolKind.FUNCTION | SymbolKind.METHOD | SymbolKind.LAMBDA if not called:
            recorder.edge(site, target, EdgeType.VARIABLE)
        case _:
            pass


def _given(recorder: Recorder, site: Site, writes: Collection[Site]) -> None:
    """A module's variable is read by a function: the value comes from wherever it is written."""
    if len(writes) > MAX_WRITERS:
        return
    for written in writes:
        if written.symbol != site.symbol:
            recorder.flows[DataFlow(site.file, site.byte, written.file, written.byte)] = None
            if (symbol := recorder.symbols.get(written.symbol)) is not None and symbol.kind is not SymbolKind.MODULE:
                recorder.edge(site, written.symbol, EdgeType.DATA_FLOW)


def _guess(solver: Solver, recorder: Recorder, names: Names, files: Collection[str]) -> None:
    """Calls on receivers that stayed unknown: methods of that name, where they are few."""
    by_name: dict[str, list[str]] = {}
    for symbol in recorder.symbols.values():
        if symbol.kind is SymbolKind.METHOD and symbol.file in files:
            by_name.setdefault(symbol.id.rpartition(".")[2], []).append(symbol.id)
    known = {(site, name) for site, node, name in names.unresolved if solver.values(node)}
    for site, _, name in names.unresolved:
        candidates = by_name.get(name, [])
        if candidates and len(candidates) <= MAX_CANDIDATES and (site, name) not in known:
            for target in candidates:
                recorder.edge(site, target, EdgeType.FUNCTION_CALL, Confidence.GUESSED)
