"""What many answers to one call are worth: abstract methods give way to what implements them, a crowd is a guess."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from mge_assets.model.graph import Confidence, EdgeType
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.values import Call, Function, Instance, Site, Value

MAX_TARGETS = 10
"""Functions that one call is said to reach. The edges of a larger crowd are guesses."""
MAX_ALIKE = 100
"""As above where they are chosen by a name put together (``"visit_" + kind``): the methods of one visitor are meant to be."""
MAX_SPECIAL = 8
"""Special methods of one name that one place is said to run: ``[]`` and ``for`` on whatever containers hold are the loosest of all calls."""
MAX_ONCE = 1
"""Properties of one name that run once for each object: which reader is the first is anybody's guess, and the more so where the class is unknown."""


MIN_SHARE = 0.11
"""Of the places that make the objects which a method call may be sent to, those that make this method's: rarer ones are guesses."""
MIN_SPECIAL_SHARE = 0.5
"""As above for special methods, where containers mix what was put into them."""
MIN_SHARE_OF_TWO = 0.3
"""As above where only two may be meant: the rarer one is mostly an override that the call never meets (of networkx's below it, 1 in 3 ran)."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The calls with the functions they reach and what those are called on; symbols of abstract methods; calls that run once for each object;
    which calls nobody makes; at how many places objects like a receiver are made; which places are in scripts, where nothing is left open.
    """

    calls: Mapping[Call, Mapping[Function, Iterable[Value | None]]]
    abstract: Collection[str]
    once: Collection[Call]
    unused: Callable[[Call], bool]
    places: Callable[[Value | None], int]
    closed: Callable[[Site], bool]


def judge_calls(recorder: Recorder, dispatch: Dispatch) -> None:
    """Record calls, except those that nobody makes; as guessed where they reach a crowd, or a rare one of several.

    Left out: calls in unused code, and of abstract methods that are implemented.
    """
    kept = {call: functions for call, functions in dispatch.calls.items() if not dispatch.unused(call)}
    unlikely = _crowded_places(kept, dispatch) | _rare(kept, dispatch)
    for call, functions in kept.items():
        gives = {function.symbol: function.gives or function.generated is not None for function in functions}
        targets = list(gives)
        implemented = {name_of(target) for target in targets if target not in dispatch.abstract}
        targets = [target for target in targets if target not in dispatch.abstract or name_of(target) not in implemented]
        for target in targets:
            guessed = len(targets) > (MAX_ALIKE if call.alike else MAX_TARGETS) or (call.site, target) in unlikely
            confidence = Confidence.GUESSED if guessed else Confidence.RESOLVED
            recorder.edge(call.site, target, EdgeType.FUNCTION_CALL, confidence)
            if call.used and gives[target]:
                recorder.edge(call.site, target, EdgeType.DATA_FLOW, confidence)
    resolved = [edge for edge in recorder.edges if edge.confidence is Confidence.RESOLVED and edge.type in {EdgeType.FUNCTION_CALL, EdgeType.DATA_FLOW}]
    for edge in resolved:
        recorder.edges.pop(replace(edge, confidence=Confidence.GUESSED), None)


def _crowded_places(calls: Mapping[Call, Iterable[Function]], dispatch: Dispatch) -> set[tuple[Site, str]]:
    """Places and targets where each class that may be meant has a call of its own, and they are too many together.

    What runs once for each object is a guess wherever others may have been first.
    """
    found: dict[tuple[Site, str], dict[str, int]] = {}
    for call, functions in calls.items():
        bound = MAX_SPECIAL if call not in dispatch.once else MAX_ONCE if dispatch.closed(call.site) else 0
        for function in functions:
            name = call.special or name_of(function.symbol)
            if (name[:2] == "__" or call in dispatch.once) and function.symbol not in dispatch.abstract:
                found.setdefault((call.site, name), {})[function.symbol] = bound
    return {(site, target) for (site, _), targets in found.items() if len(targets) > min(targets.values()) for target in targets}


def _rare(calls: Mapping[Call, Mapping[Function, Iterable[Value | None]]], dispatch: Dispatch) -> set[tuple[Site, str]]:
    """Places and targets where several methods may be meant, and few of the objects that the files make have this one."""
    found: dict[tuple[Site, str], dict[str, dict[Value | None, None]]] = {}
    for call, functions in calls.items():
        if not dispatch.closed(call.site) and not call.alike:
            for function, receivers in functions.items():
                # an object's attribute may hold a method of another name
                name = call.special or name_of(function.symbol)
                sent = name[:2] != "__" and any(isinstance(receiver, Instance) for receiver in receivers)
                known = found.setdefault((call.site, "" if sent else name), {})
                known.setdefault(function.symbol, {}).update(dict.fromkeys(receivers))
    rare: set[tuple[Site, str]] = set()
    for (site, name), targets in found.items():
        if len(targets) > 1:
            places = {target: max(1, sum(map(dispatch.places, _one_each(receivers)))) for target, receivers in targets.items()}
            least = sum(places.values()) * _least_share(name, len(targets))
            rare.update((site, target) for target, count in places.items() if count < least)
    return rare


def _one_each(receivers: Iterable[Value | None]) -> list[Value | None]:
    """One receiver of each class: an object of the class and one of it or a subclass are made at the same places."""
    return list({receiver.cls if isinstance(receiver, Instance) else receiver: receiver for receiver in receivers}.values())


def _least_share(name: str, targets: int) -> float:
    if targets == 2:
        return MIN_SHARE_OF_TWO
    return MIN_SPECIAL_SHARE if name[:2] == "__" and name not in {"__init__", "__new__"} else MIN_SHARE


def name_of(symbol: str) -> str:
    """Last part of a symbol's id."""
    return symbol.rpartition(".")[2]
