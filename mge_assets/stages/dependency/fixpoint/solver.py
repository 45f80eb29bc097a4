"""The fixpoint: nodes hold values, edges copy them, watchers react to each new value once.

What belongs here: propagation and its bounds. What a load, a store or a call means is said by the language's semantics.
"""

from collections import deque
from collections.abc import Callable, Sequence

from mge_assets.stages.dependency.fixpoint.values import ANY, TRUE, Constant, Container, Holder, Key, Node, Value

Watcher = Callable[[Value], None]


class Batch:
    """A watcher that takes values many at a time: what reads a property mostly hands all of them on."""

    __slots__ = ("take",)

    def __init__(self, take: Callable[[Sequence[Value]], None]) -> None:
        self.take = take

    def __call__(self, value: Value) -> None:
        """Take one."""
        self.take((value,))


MAX_VALUES = 48
"""Values a node may hold: 4.5 % of the nodes of networkx reach it; without a bound the closure is quadratic."""
MAX_CONSTANTS = 6
"""Constants among them: as keys they are worth little once there are many."""
MAX_ALIASES = 300
"""Other names of one node that are followed; chains that people write are far shorter."""
MAX_STEPS = 60_000_000
"""Looks at values before the fixpoint is left as it is: about a minute. networkx (117,000 lines) takes 3,100,000."""
MAX_STEPS_A_NODE = 40
"""The same for each node of what is written, where that is more: transformers (1,200,000 lines, 3,900,000 nodes) takes 91,000,000, 23 a node."""


class Solver:
    """Nodes, the values they hold and what reacts to them. Deterministic: everything is kept in order of arrival.

    The parts of a node are made when first needed: most of the million nodes of a large project stay empty. And most of the others hold one value,
    flow into one node and have one watcher: one stands for itself, a table or list is made for the second (on SQLAlchemy a seventh of the memory).
    """

    def __init__(self, *, named: bool = True) -> None:
        """``named``: other names of a node are kept too, for ``aliases``."""
        self._named = named
        self._values: list[dict[Value, None] | Value | None] = [None] * (TRUE + 1)
        self._next: dict[Node, dict[Node, None] | Node] = {}
        self._watchers: dict[Node, list[Watcher] | Watcher] = {}
        self._constants: dict[Key, Constant] = {}
        self._queue: deque[tuple[Node, Sequence[Value]]] = deque()
        self._postponed: deque[Callable[[], None]] = deque()
        self._aliases: dict[Node, dict[Node, None]] = {}
        self._crowded: dict[Node, int] = {}
        self._loaded_from: dict[Node, Node] = {}
        self._parameters: set[Node] = set()
        self.steps = self._bound = 0

    def node(self) -> Node:
        """A new, empty node."""
        self._values.append(None)
        return len(self._values) - 1

    def holding(self, *values: Value) -> Node:
        """A new node that holds these."""
        self._values.append(values[0] if len(values) == 1 else dict.fromkeys(values) or None)
        return len(self._values) - 1

    def constant(self, value: Key) -> Constant:
        """The one value of this constant."""
        known = self._constants.get(value)
        if known is None:
            known = self._constants[value] = Constant(value)
        return known

    def values(self, node: Node) -> list[Value]:
        """What the node holds now."""
        held = self._values[node]
        if held is None:
            return []
        return list(held) if isinstance(held, dict) else [held]

    def holds(self, node: Node, value: Value) -> bool:
        """True where the node holds the value now."""
        held = self._values[node]
        return held is value or (isinstance(held, dict) and value in held)

    def add(self, node: Node, value: Value) -> None:
        """Put a value into a node."""
        if not self.holds(node, value):
            self.add_all(node, (value,))

    def add_all(self, node: Node, values: Sequence[Value]) -> None:
        """Put distinct values into a node, as far as they are new and find room."""
        if node <= TRUE:
            return
        held = self._values[node]
        if held is None:
            fresh = self._first(node, values)
        else:
            # most arrive alone: a comprehension for each of them was 3 % of the time on networkx
            if type(held) is dict:
                if len(held) >= MAX_VALUES or (len(values) == 1 and values[0] in held):
                    return
                fresh = values if len(values) == 1 else [value for value in values if value not in held]
            else:
                fresh = [value for value in values if value is not held]
            if not fresh:
                return
            if not isinstance(held, dict):
                held = self._values[node] = {held: None}
            if len(held) + len(fresh) > MAX_CONSTANTS:
                fresh = self._bounded(node, held, fresh)
            for value in fresh:
                held[value] = None
        if fresh and (node in self._next or node in self._watchers):
            self._queue.append((node, fresh))

    def _first(self, node: Node, values: Sequence[Value]) -> Sequence[Value]:
        """Fill an empty node."""
        if len(values) == 1:
            self._values[node] = values[0]
            return values
        fresh = values if len(values) <= MAX_CONSTANTS else self._bounded(node, {}, values)
        self._values[node] = dict.fromkeys(fresh)
        return fresh

    def _bounded(self, node: Node, held: dict[Value, None], fresh: Sequence[Value]) -> list[Value]:
        """What still finds room: few constants, more of the rest."""
        room = MAX_VALUES - len(held)
        constants = self._crowded.get(node)
        if constants is None:
            constants = self._crowded[node] = min(sum(1 for value in held if type(value) is Constant), MAX_CONSTANTS)
        if constants >= MAX_CONSTANTS:
            kept = [value for value in fresh if type(value) is not Constant]
            return kept if len(kept) <= room else kept[:room]
        kept = []
        for value in fresh:
            if type(value) is Constant:
                constants += 1
                if constants > MAX_CONSTANTS:
                    continue
            kept.append(value)
        self._crowded[node] = min(constants, MAX_CONSTANTS)
        return kept[:room]

    def flow(self, source: Node, target: Node) -> None:
        """Whatever ``source`` holds, ``target`` may hold."""
        if source <= TRUE or target <= TRUE or source == target:
            return
        following = self._next.get(source)
        if following is None:
            self._next[source] = target
        elif isinstance(following, int):
            if following == target:
                return
            self._next[source] = {following: None, target: None}
        elif target in following:
            return
        else:
            following[target] = None
        held = self._values[source]
        if held is not None:
            self.add_all(target, list(held) if isinstance(held, dict) else (held,))

    def assign(self, source: Node, target: Node) -> None:
        """As ``flow``, and ``target`` is another name of ``source``."""
        self.flow(source, target)
        if self._named:
            self.alias(source, target)

    def alias(self, source: Node, target: Node) -> None:
        """``target`` is another name of ``source``: whoever asks where it is defined is told of both."""
        if self._named and source > TRUE and target > TRUE and source != target:
            known = self._aliases.get(target)
            if known is None:
                known = self._aliases[target] = {}
            known[source] = None

    def mark_parameter(self, node: Node) -> None:
        """The node is a parameter: what callers hand over is not where its attributes are defined."""
        self._parameters.add(node)

    def unmark_parameter(self, node: Node) -> None:
        """The node is a receiver after all: its attributes are its class's."""
        self._parameters.discard(node)

    def mark_load(self, holder: Node, target: Node) -> None:
        """``target`` is an attribute read from ``holder``."""
        if self._named:
            self._loaded_from[target] = holder

    def aliases(self, node: Node) -> list[Node]:
        """The node and all that it is another name of, nearest first; attributes of parameters have no other name."""
        seen = {node: None}
        for known in (todo := [node]):
            holder = self._loaded_from.get(known)
            if holder is not None and self._is_parameter(holder):
                continue
            for other in self._aliases.get(known, ()) if len(seen) < MAX_ALIASES else ():
                if other not in seen:
                    seen[other] = None
                    todo.append(other)
        return list(seen)

    def _is_parameter(self, node: Node) -> bool:
        """True where the node is a parameter under this or another name, attributes apart."""
        seen = {node}
        for known in (todo := [node]):
            if known in self._parameters:
                return True
            if known in self._loaded_from:
                continue
            for other in self._aliases.get(known, ()) if len(seen) < MAX_ALIASES else ():
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return False

    def watch(self, node: Node, watcher: Watcher) -> None:
        """Call ``watcher`` once for each value that the node holds or will hold."""
        if node <= TRUE:
            return
        watchers = self._watchers.get(node)
        if watchers is None:
            self._watchers[node] = watcher
        elif isinstance(watchers, list):
            watchers.append(watcher)
        else:
            self._watchers[node] = [watchers, watcher]
        held = self.values(node)
        if type(watcher) is Batch and held:
            watcher.take(held)
        else:
            for value in held:
                watcher(value)

    def run(self) -> None:
        """Propagate until nothing changes, or the bound on steps is reached."""
        queue = self._queue
        self._bound = self._bound or max(MAX_STEPS, MAX_STEPS_A_NODE * len(self._values))
        while (queue or self._postponed) and self.steps < self._bound:
            if not queue:
                self._postponed.popleft()()
                continue
            node, fresh = queue.popleft()
            self.steps += len(fresh) * (1 + self._forward(node, fresh))

    @property
    def cut_short(self) -> bool:
        """True where the bound on steps left values on their way."""
        return bool(self._queue or self._postponed)

    def when_idle(self, action: Callable[[], None]) -> None:
        """Do it once all values that are on their way have arrived."""
        self._postponed.append(action)

    def _forward(self, node: Node, fresh: Sequence[Value]) -> int:
        """Hand fresh values on; how many nodes and watchers there were."""
        following = self._next.get(node)
        if following is None:
            count = 0
        elif isinstance(following, int):
            self.add_all(following, fresh)
            count = 1
        else:
            add_all = self.add_all
            for target in following:
                add_all(target, fresh)
            count = len(following)
        watchers = self._watchers.get(node)
        if watchers is None:
            return count
        told = list(watchers) if isinstance(watchers, list) else [watchers]
        for watcher in told:
            if type(watcher) is Batch:
                watcher.take(fresh)
            else:
                for value in fresh:
                    watcher(value)
        return count + len(told)

    def slot(self, holder: Holder, key: Key) -> Node:
        """The node of one slot, made when first asked for; tells those who wait for it."""
        node = holder.slots.get(key)
        if node is None:
            node = holder.slots[key] = self.node()
            for told in holder.waiting.pop(key, ()):
                told()
        return node

    def element(self, holder: Holder, key: Key) -> Node:
        """As ``slot``, for elements: what is put in is also found when all elements are asked for."""
        node = holder.slots.get(key)
        if node is None:
            node = self.slot(holder, key)
            if key != ANY:
                self.flow(node, self.slot(holder, ANY))
        return node

    def own(self, holder: Holder, key: Key) -> Node:
        """The holder's own node under a key: an element where it is a container."""
        return self.element(holder, key) if isinstance(holder, Container) else self.slot(holder, key)

    def when_slot(self, holder: Holder, key: Key, told: Callable[[], None]) -> None:
        """Call ``told`` when the slot comes into being, at once if it is there."""
        if key in holder.slots:
            told()
        else:
            holder.waiting.setdefault(key, []).append(told)
