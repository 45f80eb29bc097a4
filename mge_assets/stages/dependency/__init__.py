"""Dependency: from files and atoms to a typed graph and to waves.

``analyse`` finds symbols and who needs whom, ``build_graph`` maps that to atoms, ``plan_waves`` cuts cycles and lays the
atoms out in waves, ``graph_json`` and ``dependency_svg`` show the result. Pure functions: nothing is read or written.
"""

from mge_assets.stages.dependency.analysis import DependencyAnalyzer, analyse
from mge_assets.stages.dependency.atom_graph import GraphBuilder, build_graph
from mge_assets.stages.dependency.drawing import dependency_svg
from mge_assets.stages.dependency.output import graph_json
from mge_assets.stages.dependency.waves import TopologicalSorter, WaveGenerator, plan_waves

__all__ = [
    "DependencyAnalyzer",
    "GraphBuilder",
    "TopologicalSorter",
    "WaveGenerator",
    "analyse",
    "build_graph",
    "dependency_svg",
    "graph_json",
    "plan_waves",
]
