"""What many answers to one call are worth: abstract methods give way to what implements them, a crowd is a guess."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from mge_assets.model.graph import Confidence, EdgeType
from mge_assets.stages.dependency.recording import Recorder
from mge_assets.stages.dependency.values import Call, Function, Site

MAX_TARGETS = 10
"""Functions that one call is said to reach. The edges of a larger crowd are guesses."""
MAX_SPECIAL = 8
"""Special methods of one name that one place is said to run: ``[]`` and ``for`` on whatever containers hold are the loosest of all calls."""
MAX_ONCE = 1
"""Properties of one name that run once for each object: which reader is the first is anybody's guess, and the more so where the class is unknown."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The calls with the functions they reach; symbols of abstract methods; calls that run once for each object; which calls nobody makes."""

    calls: Mapping[Call, Iterable[Function]]
    abstract: Collection[str]
    once: Collection[Call]
    unused: Callable[[Call], bool]


def judge_calls(recorder: Recorder, dispatch: Dispatch) -> None:
    """Record calls, except those that nobody makes; as guessed where they reach a crowd.

    Left out: calls in unused code, and of abstract methods that are implemented.
    """
    kept = {call: functions for call, functions in dispatch.calls.items() if not dispatch.unused(call)}
    crowds = _crowded_places(kept, dispatch)
    for call, functions in kept.items():
        gives = {function.symbol: function.gives or function.generated is not None for function in functions}
        targets = list(gives)
        implemented = {name_of(target) for target in targets if target not in dispatch.abstract}
        targets = [target for target in targets if target not in dispatch.abstract or name_of(target) not in implemented]
        for target in targets:
            crowded = len(targets) > MAX_TARGETS or (call.site, name_of(target)) in crowds
            confidence = Confidence.GUESSED if crowded else Confidence.RESOLVED
            recorder.edge(call.site, target, EdgeType.FUNCTION_CALL, confidence)
            if call.used and gives[target]:
                recorder.edge(call.site, target, EdgeType.DATA_FLOW, confidence)
    resolved = [edge for edge in recorder.edges if edge.confidence is Confidence.RESOLVED and edge.type in {EdgeType.FUNCTION_CALL, EdgeType.DATA_FLOW}]
    for edge in resolved:
        recorder.edges.pop(replace(edge, confidence=Confidence.GUESSED), None)


def _crowded_places(calls: Mapping[Call, Iterable[Function]], dispatch: Dispatch) -> set[tuple[Site, str]]:
    """Places and names where each class that may be meant has a call of its own, and they are too many together."""
    found: dict[tuple[Site, str], dict[str, int]] = {}
    for call, functions in calls.items():
        bound = MAX_ONCE if call in dispatch.once else MAX_SPECIAL
        for function in functions:
            name = name_of(function.symbol)
            if (name[:2] == "__" or bound == MAX_ONCE) and function.symbol not in dispatch.abstract:
                found.setdefault((call.site, name), {})[function.symbol] = bound
    return {place for place, targets in found.items() if len(targets) > min(targets.values())}


def name_of(symbol: str) -> str:
    """Last part of a symbol's id."""
    return symbol.rpartition(".")[2]
