"""Dependency: from files and atoms to a typed graph and to waves.

``analyse`` finds symbols and who needs whom, ``build_graph`` maps that to atoms, ``boundaries`` finds its parts, ``plan_waves``
cuts cycles and lays the atoms out in waves, in either order; ``changes`` tells two states of a graph apart; ``graph_json``,
``plan_json``, ``graphml``, ``GraphViewer`` and ``dependency_svg`` show the result. Pure functions: nothing is read or written.
"""

from mge_assets.stages.dependency.analysis import DependencyAnalyzer, analyse
from mge_assets.stages.dependency.atom_graph import GraphBuilder, build_graph
from mge_assets.stages.dependency.incremental.changes import changes, snapshot
from mge_assets.stages.dependency.views.boundaries import boundaries
from mge_assets.stages.dependency.views.drawing import dependency_svg
from mge_assets.stages.dependency.views.export import figures_json, graphml, plan_json
from mge_assets.stages.dependency.views.output import graph_json
from mge_assets.stages.dependency.views.views import MOST_DRAWN, AtomFacts, GraphView, GraphViewer, Show, Ties, ViewColumn, ViewLink, ViewNode
from mge_assets.stages.dependency.waves.orders import Contracts, contracts_of, orders
from mge_assets.stages.dependency.waves.waves import TopologicalSorter, WaveGenerator, plan_waves, wave_figures

__all__ = [
    "MOST_DRAWN",
    "AtomFacts",
    "Contracts",
    "DependencyAnalyzer",
    "GraphBuilder",
    "GraphView",
    "GraphViewer",
    "Show",
    "Ties",
    "TopologicalSorter",
    "ViewColumn",
    "ViewLink",
    "ViewNode",
    "WaveGenerator",
    "analyse",
    "boundaries",
    "build_graph",
    "changes",
    "contracts_of",
    "dependency_svg",
    "figures_json",
    "graph_json",
    "graphml",
    "orders",
    "plan_json",
    "plan_waves",
    "snapshot",
    "wave_figures",
]
