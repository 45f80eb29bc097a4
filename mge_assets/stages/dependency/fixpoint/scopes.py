"""Scopes and the flow of names inside them, the same for every language.

A name has one node for its scope (``whole``: what other scopes see) and one node for each version: straight-line code
sees the latest one. Paths such as ``d["a"]`` or ``self.x`` have versions only, for as long as nothing else may change them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import Class, Function, Guard, Node

Path = tuple[str, ...]
Flow = dict[Path, Node]

IMMEDIATE = {"module", "class", "comprehension", "block"}
"""Scopes whose code runs where it stands, so that it sees the versions of the scopes around it."""


@dataclass(eq=False, slots=True)
class Scope:
    """One scope. ``symbol`` owns the edges of its code; ``lambdas`` counts the lambdas numbered in it.

    ``shared`` names are assigned by inner functions too, so that the latest assignment here says little.
    """

    kind: str
    symbol: str
    parent: Scope | None = None
    whole: dict[str, Node] = field(default_factory=dict)
    flow: Flow = field(default_factory=dict)
    redirected: dict[str, Scope] = field(default_factory=dict)
    imported: dict[str, list[int]] = field(default_factory=dict)
    cls: Class | None = None
    function: Function | None = None
    lambdas: int = 0
    dead: bool = False
    shared: frozenset[str] = frozenset()
    guards: tuple[Guard, ...] = ()

    def owner(self) -> Scope:
        """The scope that edges and lambdas count for: not a comprehension or a block."""
        scope = self
        while scope.kind in {"comprehension", "block"} and scope.parent:
            scope = scope.parent
        return scope


class Flows:
    """Branching and joining of versions."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        self.origins: dict[Node, list[Node]] = {}

    def join(self, flows: Iterable[Mapping[Path, Node]]) -> Flow:
        """What holds after one of these; a path that one of them lost is lost, a name is kept."""
        alive = list(flows)
        if len(alive) == 1:
            return dict(alive[0])
        joined: Flow = {}
        for path in {path: None for flow in alive for path in flow}:
            nodes = list(dict.fromkeys(flow[path] for flow in alive if path in flow))
            if len(nodes) == 1 and (len(path) == 1 or all(path in flow for flow in alive)):
                joined[path] = nodes[0]
            elif len(path) == 1 or all(path in flow for flow in alive):
                joined[path] = self.one_of(nodes)
        return joined

    def one_of(self, nodes: Iterable[Node]) -> Node:
        """A node that is any of these."""
        either = self.solver.node()
        nodes = list(nodes)
        self.origins[either] = nodes
        for node in nodes:
            self.solver.assign(node, either)
        return either

    def branches(self, scope: Scope, arms: Iterable[Callable[[], None]], *, may_skip: bool) -> None:
        """Run each arm from the same state and join what comes out alive."""
        before = scope.flow
        ends: list[Flow] = []
        for arm in arms:
            scope.flow, scope.dead = dict(before), False
            arm()
            if not scope.dead:
                ends.append(scope.flow)
        if may_skip:
            ends.append(before)
        scope.dead = not ends
        scope.flow = self.join(ends) if ends else dict(before)

    def loop(self, scope: Scope, assigned: Iterable[str], body: Callable[[], None]) -> None:
        """Run the body once with names that may come from its own end."""
        before = dict(scope.flow)
        heads: dict[Path, Node] = {}
        for name in assigned:
            path: Path = (name,)
            if path in scope.flow:
                heads[path] = scope.flow[path] = self.one_of([scope.flow[path]])
        for path in [path for path in scope.flow if len(path) > 1]:
            del scope.flow[path]
        body()
        for path, head in heads.items():
            if path in scope.flow:
                self.solver.assign(scope.flow[path], head)
                self.origins[head].append(scope.flow[path])
        end = scope.flow if not scope.dead else before
        scope.dead = False
        scope.flow = self.join([{**before, **heads}, end])

    @staticmethod
    def forget(scope: Scope, name: str) -> None:
        """Drop the paths that start with the name."""
        for path in [path for path in scope.flow if len(path) > 1 and path[0] == name]:
            del scope.flow[path]

    @staticmethod
    def forget_attributes(scope: Scope | None) -> None:
        """A call may have changed any attribute; elements of containers that were not handed over stay."""
        while scope is not None:
            for path in [path for path in scope.flow if len(path) > 1 and path[1] == "."]:
                del scope.flow[path]
            scope = scope.parent if scope.kind in IMMEDIATE else None
