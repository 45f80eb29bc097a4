"""Waves: how fast they are planned, how wide they are, and what an edit costs.

    sh .ci/env python -m mge_tests.bench.waves [click requests networkx]

Prints CPU seconds for 100,000 atoms and 500,000 edges, without and with cycles and in tangles of several shapes, beside networkx's strongly connected
components and topological generations on the same graph in the same run, and the bound of 5 s; then, for each package as a plan, waves, width and
possible parallelism in both orders beside the bounds (800 atoms in at most 10 waves, mean width over 50); then what an edit of layout and edits of code
in one file cost beside analysis from scratch, and whether the result is the same; then what comparison with a commit costs the first time and later.
With ``edits`` in front of the names only the last two.
"""

import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import networkx as nx

from mge_assets.model.atoms import Atom
from mge_assets.model.graph import AtomEdge, AtomGraph, CodeGraph, EdgeType
from mge_assets.model.waves import Order
from mge_assets.services.comparison import Comparison
from mge_assets.services.kept_results import KeptResults
from mge_assets.stages.atomization import atomize
from mge_assets.stages.dependency import analyse, build_graph, contracts_of, plan_waves, wave_figures
from mge_assets.stages.dependency.incremental.incremental import reanalyse
from mge_tests.bench.corpora import python_package

T = TypeVar("T")
ATOMS, EDGES = 100_000, 500_000
BOUND_SECONDS = 5.0
BOUND_WAVES, BOUND_WIDTH, BOUND_ATOMS = 10, 50, 800
LIMIT = 100


def random_graph(backwards: float) -> AtomGraph:
    """Atoms that need others near them, and a share of edges that point the wrong way and so close cycles."""
    chance = random.Random(1)
    names = tuple(f"pkg.m{number // 20:04}.f{number:06}" for number in range(ATOMS))
    kinds = list(EdgeType)
    found: dict[tuple[int, int], EdgeType] = {}
    while len(found) < EDGES:
        source = chance.randrange(1, ATOMS)
        target = max(0, source - 1 - int(chance.expovariate(1 / 300))) if chance.random() < 0.9 else chance.randrange(source)
        found[(target, source) if chance.random() < backwards else (source, target)] = chance.choice(kinds)
    return AtomGraph(names, tuple(AtomEdge(names[one], names[other], kind) for (one, other), kind in found.items()), {})


def drawn(pair: Callable[[random.Random], tuple[int, int]], kinds: Sequence[EdgeType] = tuple(EdgeType), edges: int = EDGES) -> AtomGraph:
    """As many atoms, and edges between pairs that are drawn."""
    chance = random.Random(2)
    names = tuple(f"pkg.m{number // 20:04}.f{number:06}" for number in range(ATOMS))
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < edges:
        pairs.add(pair(chance))
    return AtomGraph(names, tuple(AtomEdge(names[one], names[other], chance.choice(kinds)) for one, other in sorted(pairs)), {})


def any_two(chance: random.Random) -> tuple[int, int]:
    """Nearly all atoms are one component, where a quarter of the edges must go."""
    return chance.randrange(ATOMS), chance.randrange(ATOMS)


def with_hubs(chance: random.Random) -> tuple[int, int]:
    """Half of the ends after a power law: few atoms that a tenth of all need, and that need them."""
    one, other = (int(chance.paretovariate(0.7)) * 7919 % ATOMS if chance.random() < 0.5 else chance.randrange(ATOMS) for _ in range(2))
    return one, other


def on_a_ring(chance: random.Random) -> tuple[int, int]:
    """Each atom needs the next one: one cycle."""
    one = chance.randrange(ATOMS)
    return one, (one + 1) % ATOMS


def all_round(chance: random.Random) -> tuple[int, int]:
    """Each atom needs some of the next 300: only cycles of more than 300 atoms."""
    one = chance.randrange(ATOMS)
    return one, (one + 1 + chance.randrange(300)) % ATOMS


def in_blocks(size: int) -> Callable[[random.Random], tuple[int, int]]:
    """Atoms that need others of their block."""

    def pair(chance: random.Random) -> tuple[int, int]:
        begin = chance.randrange(ATOMS // size) * size
        return begin + chance.randrange(size), begin + chance.randrange(size)

    return pair


def seconds(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds of this process, and what came of the work."""
    begin = time.process_time()
    made = work()
    return time.process_time() - begin, made


def by_networkx(graph: AtomGraph) -> int:
    """Components, condensation and generations, as networkx finds them; cycles stay whole."""
    directed: nx.DiGraph[str] = nx.DiGraph()
    directed.add_nodes_from(graph.atoms)
    directed.add_edges_from((edge.target, edge.source) for edge in graph.edges)
    return sum(1 for _ in nx.topological_generations(nx.condensation(directed)))


def speed(label: str, graph: AtomGraph) -> str:
    """One random graph by us and by networkx."""
    ours, plan = seconds(lambda: plan_waves(graph))
    theirs, levels = seconds(lambda: by_networkx(graph))
    cut = f", {len(plan.cut):,} edges cut, cost {plan.cut_cost:,.0f}, none below {plan.cut_bound:,.0f}" if plan.cut else ""
    return (
        f"{label}: {ATOMS:,} atoms, {len(graph.edges):,} edges: {ours:.2f} s in {len(plan.waves):,} waves{cut} "
        f"(bound {BOUND_SECONDS:.0f} s, ratio {ours / BOUND_SECONDS:.2f}); "
        f"networkx, which cuts nothing: {theirs:.2f} s, {levels:,} levels (ratio {ours / theirs:.2f})"
    )


def widths(package: str) -> list[str]:
    """A package as a plan, in both orders."""
    corpus = python_package(package)
    if isinstance(corpus, str):
        return [corpus]
    files = {f"{package}/{file.path}": file.source for file in corpus.files}
    atoms: list[Atom] = [atom for file in corpus.files for atom in atomize(file.source, f"{package}/{file.path}", file.language).atoms]
    graph = build_graph(atoms, analyse(files))
    lines = []
    for order in Order:
        told = wave_figures(graph, plan_waves(graph, order, contracts_of(atoms)), LIMIT)
        bound = (
            f" (bounds for {BOUND_ATOMS}: {BOUND_WAVES} waves, width {BOUND_WIDTH}; ratio {told.waves / BOUND_WAVES:.2f})" if order is Order.CONTRACT else ""
        )
        lines.append(
            f"{package} by {order.value}: {len(atoms):,} atoms, {told.waves} waves, widest {told.widest:,}, possible parallelism {told.possible:.1f}, "
            f"with at most {told.limit} at once {told.allowed:.1f}, {told.cut} edges cut{bound}"
        )
        assert told.waves == len(told.critical_path)
    return lines + edits(package, files)


def edits(package: str, files: dict[str, bytes]) -> list[str]:
    """One file of the package changed: the largest by layout, and by code one that no other imports, and the one that most import."""
    whole, code = seconds(lambda: analyse(files))
    home = {symbol.id: symbol.file for symbol in code.symbols}
    users: dict[str, set[str]] = {file: set() for file in files}
    for edge in code.edges:
        if edge.type is EdgeType.IMPORT and home[edge.target] != edge.file:
            users[home[edge.target]].add(edge.file)
    ranked = sorted(files, key=lambda file: (len(users[file]), len(files[file])))
    leaf, hub = max((file for file in files if not users[file]), key=lambda file: len(files[file]), default=ranked[0]), ranked[-1]
    added = b"\n\ndef added_at_the_end():\n    return None\n"
    lines = [
        _edit(package, "layout", max(files, key=lambda name: len(files[name])), files, code, whole, (b"# a word at the start\n", b"# a word at the end\n")),
        _edit(package, "code, which nothing imports,", leaf, files, code, whole, (b"", added)),
        _edit(package, f"code, which {len(users[hub])} files import,", hub, files, code, whole, (b"", added)),
    ]
    other = "click" if package != "click" else "requests"
    corpus = python_package(other)
    both = files | ({} if isinstance(corpus, str) else {f"{other}/{file.path}": file.source for file in corpus.written})
    double, all_code = seconds(lambda: analyse(both))
    label = f"code, {other} beside it and unconnected,"
    return [*lines, _edit(package, label, f"{other}/__init__.py", both, all_code, double, (b"", added)), since(package, files, hub)]


def _edit(package: str, label: str, file: str, files: dict[str, bytes], code: CodeGraph, whole: float, around: tuple[bytes, bytes]) -> str:
    now = {**files, file: around[0] + files[file] + around[1]}
    again, found = seconds(lambda: reanalyse(files, code, now))
    same = "the same as" if found == analyse(now) else "NOT THE SAME AS"
    return f"{package}: {label} of {file} changed: {again:.2f} s beside {whole:.2f} s for everything (ratio {again / whole:.3f}), {same} from scratch"


def since(package: str, files: dict[str, bytes], file: str) -> str:
    """What ``mge graph --since`` costs where the commit was never looked at, and where it was."""
    with TemporaryDirectory() as folder:

        def told(added: bytes) -> float:
            return seconds(lambda: Comparison(files, {**files, file: files[file] + added}, KeptResults(Path(folder), "bench")).change())[0]

        first, code, layout, again = told(b"\nx = 1\n"), told(b"\ny = 1\n"), told(b"\n# a word\n"), told(b"\ny = 1\n")
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    return (
        f"{package} --since: {first:.2f} s for the first time, then {code:.2f} s after another edit of code (ratio {code / first:.2f}), "
        f"{layout:.2f} s after one of layout ({layout / first:.2f}), {again:.2f} s for the same again ({again / first:.3f}); {size / 1e6:.1f} MB kept"
    )


def _edits_alone(packages: list[str]) -> None:
    for package in packages:
        corpus = python_package(package)
        found = [corpus] if isinstance(corpus, str) else edits(package, {f"{package}/{file.path}": file.source for file in corpus.written})
        print(*found, sep="\n", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["edits"]:
        _edits_alone(sys.argv[2:] or ["click", "networkx"])
        sys.exit()
    print(speed("no cycles", random_graph(0.0)), flush=True)
    print(speed("cycles", random_graph(0.0005)), flush=True)
    print(speed("one tangle", drawn(any_two)), flush=True)
    print(speed("one tangle of one type", drawn(any_two, [EdgeType.FUNCTION_CALL])), flush=True)
    print(speed("one tangle with hubs", drawn(with_hubs)), flush=True)
    print(speed("all round", drawn(all_round)), flush=True)
    print(speed("one ring", drawn(on_a_ring, edges=ATOMS)), flush=True)
    for size in (250, 12):
        print(speed(f"tangles of {size}", drawn(in_blocks(size))), flush=True)
    for wanted in sys.argv[1:] or ["click", "requests", "networkx"]:
        print(*widths(wanted), sep="\n", flush=True)
