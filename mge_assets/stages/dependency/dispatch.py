"""What many answers to one call are worth: abstract methods give way to what implements them, a crowd is a guess."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from mge_assets.model.graph import Confidence, EdgeType
from mge_assets.stages.dependency.recording import Recorder
from mge_assets.stages.dependency.values import Call, Function, Site

MAX_SPECIAL = 10
MAX_TARGETS = 10
"""Functions that one call is said to reach. The edges of a larger crowd are guesses."""


def judge_calls(recorder: Recorder, calls: Mapping[Call, Iterable[Function]], abstract: Collection[str], unused: Callable[[Call], bool]) -> None:
    """Record calls, except those that nobody makes; as guessed where they reach a crowd.

    Left out: calls in unused code, and of abstract methods that are implemented.
    """
    kept = {call: functions for call, functions in calls.items() if not unused(call)}
    crowds = _special_crowds(kept, abstract)
    for call, functions in kept.items():
        gives = {function.symbol: function.gives or function.generated is not None for function in functions}
        targets = list(gives)
        implemented = {name_of(target) for target in targets if target not in abstract}
        targets = [target for target in targets if target not in abstract or name_of(target) not in implemented]
        for target in targets:
            crowded = len(targets) > MAX_TARGETS or (call.site, name_of(target)) in crowds
            confidence = Confidence.GUESSED if crowded else Confidence.RESOLVED
            recorder.edge(call.site, target, EdgeType.FUNCTION_CALL, confidence)
            if call.used and gives[target]:
                recorder.edge(call.site, target, EdgeType.DATA_FLOW, confidence)
    resolved = [edge for edge in recorder.edges if edge.confidence is Confidence.RESOLVED and edge.type in {EdgeType.FUNCTION_CALL, EdgeType.DATA_FLOW}]
    for edge in resolved:
        recorder.edges.pop(replace(edge, confidence=Confidence.GUESSED), None)


def _special_crowds(calls: Mapping[Call, Iterable[Function]], abstract: Collection[str]) -> set[tuple[Site, str]]:
    """Places where one special method may be any of many classes': each class has a call of its own there."""
    found: dict[tuple[Site, str], set[str]] = {}
    for call, functions in calls.items():
        for function in functions:
            name = name_of(function.symbol)
            if name[:2] == "__" and function.symbol not in abstract:
                found.setdefault((call.site, name), set()).add(function.symbol)
    return {place for place, targets in found.items() if len(targets) > MAX_SPECIAL}


def name_of(symbol: str) -> str:
    """Last part of a symbol's id."""
    return symbol.rpartition(".")[2]
