"""The graph of atoms: uses and definitions mapped to the atoms that hold them."""

from mge_assets.model.atoms import Atom, AtomKind, Span
from mge_assets.model.graph import AtomEdge, AtomGraph, CodeGraph, EdgeType
from mge_assets.stages.dependency import analyse, build_graph, plan_waves
from mge_resources.syntax import Language


def cut(file: str, *pieces: tuple[str, AtomKind, str]) -> tuple[list[Atom], bytes]:
    """Atoms of a file from (name, kind, text) in order, and the file's bytes."""
    atoms, byte, line = [], 0, 1
    for number, (name, kind, text) in enumerate(pieces, 1):
        end_line = line + text.count("\n") - 1
        span = Span(byte, byte + len(text), line, end_line)
        atoms.append(Atom(name, number, kind, Language.PYTHON, file, span, text.encode(), text.count("\n"), 1, "x", ""))
        byte, line = byte + len(text), end_line + 1
    return atoms, b"".join(atom.text for atom in atoms)


def project():
    a, a_bytes = cut("a.py", ("a.f", AtomKind.FUNCTION, "def f():\n    pass\n"), ("a.A", AtomKind.CLASS_HEADER, "class A: pass\n"))
    b, b_bytes = cut(
        "b.py",
        ("b.import", AtomKind.IMPORT, "from a import f, A\n"),
        ("b.g", AtomKind.FUNCTION, "def g(x: A):\n    f()\n"),
        ("b.g#2", AtomKind.STATEMENT_GROUP, "    f()\n    f()\n"),
        ("b.h", AtomKind.FUNCTION, "def h():\n    h()\n"),
    )
    return a + b, {"a.py": a_bytes, "b.py": b_bytes}


def edge(graph: AtomGraph, source: str, target: str, kind: EdgeType) -> AtomEdge:
    return next(e for e in graph.edges if (e.source, e.target, e.type) == (source, target, kind))


def test_uses_need_the_atom_that_defines_with_their_number_and_places():
    atoms, files = project()
    graph = build_graph(atoms, analyse(files))
    assert edge(graph, "b.g#2", "a.f", EdgeType.FUNCTION_CALL).weight == 2.0
    assert edge(graph, "b.g#2", "a.f", EdgeType.FUNCTION_CALL).places == ("b.py:4", "b.py:5")
    assert edge(graph, "b.g", "a.A", EdgeType.TYPE).places == ("b.py:2",)
    assert edge(graph, "b.import", "a.f", EdgeType.IMPORT)


def test_an_atom_that_uses_an_imported_name_needs_the_import():
    atoms, files = project()
    graph = build_graph(atoms, analyse(files))
    assert edge(graph, "b.g", "b.import", EdgeType.IMPORT)
    assert all(e.source != "b.h" for e in graph.edges)


def test_parts_of_one_definition_stand_in_order_and_nothing_else_is_chained():
    atoms, files = project()
    graph = build_graph(atoms, analyse(files))
    assert [(e.source, e.target) for e in graph.edges if e.type is EdgeType.TEMPORAL] == [("b.g#2", "b.g")]
    assert plan_waves(graph).waves[0].atoms == ("a.f", "a.A", "b.h")


def test_the_statistics_count_what_is_there():
    atoms, files = project()
    graph = build_graph(atoms, analyse(files))
    figures = graph.statistics
    assert (figures["atoms"], figures["isolated"], figures["components"], figures["cycles"]) == (6.0, 1.0, 2.0, 0.0)
    assert figures["depth"] == len(plan_waves(graph).waves)
    assert sum(figures[f"edges_{kind.value}"] for kind in EdgeType) == figures["edges"] == len(graph.edges)


def test_the_order_of_atoms_changes_no_edge():
    atoms, files = project()
    code = analyse(files)
    assert build_graph(atoms, code).edges == build_graph(atoms[::-1], code).edges


def test_nothing_gives_an_empty_graph():
    graph = build_graph([], CodeGraph((), ()))
    assert (graph.atoms, graph.edges, graph.statistics["density"]) == ((), (), 0.0)


def test_parts_of_a_module_are_not_chained_and_parts_of_a_class_need_its_header():
    atoms, _ = cut(
        "c.py",
        ("c", AtomKind.STATEMENT_GROUP, "x = 1\n"),
        ("c#2", AtomKind.STATEMENT_GROUP, "y = 1\n"),
        ("c.A", AtomKind.CLASS_HEADER, "class A:\n"),
        ("c.A#2", AtomKind.CONSTANT, "    p = 1\n"),
        ("c.A#3", AtomKind.CONSTANT, "    q = 1\n"),
    )
    graph = build_graph(atoms, CodeGraph((), ()))
    assert [(e.source, e.target) for e in graph.edges] == [("c.A#2", "c.A"), ("c.A#3", "c.A")]


def test_data_flows_from_where_a_value_is_written_to_where_it_is_read():
    atoms, source = cut(
        "c.py",
        ("c.total", AtomKind.CONSTANT, "total = 0\n"),
        ("c.add", AtomKind.FUNCTION, "def add(x):\n    global total\n    total += x\n    return total\n"),
        ("c.run", AtomKind.FUNCTION, "def run(n):\n    first = add(n)\n"),
        ("c.run#2", AtomKind.STATEMENT_GROUP, "    add(first)\n"),
        ("c.run#3", AtomKind.STATEMENT_GROUP, "    return first + n + total\n"),
    )
    graph = build_graph(atoms, analyse({"c.py": source}))
    flows = {(e.source, e.target) for e in graph.edges if e.type is EdgeType.DATA_FLOW}
    assert {("c.run", "c.add"), ("c.run#2", "c.run"), ("c.run#3", "c.run"), ("c.run#3", "c.add"), ("c.run#3", "c.total")} <= flows
    assert ("c.run#2", "c.add") not in flows, "what a call returns is not looked at there"
    assert ("c.run#3", "c.run#2") not in flows
    assert edge(graph, "c.run#3", "c.run", EdgeType.DATA_FLOW).places == ("c.py:9",)
