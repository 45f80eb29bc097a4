"""Abstract values: what a name, an attribute or an expression may stand for while the fixpoint runs.

A class has one instance value and a call site no context of its own; containers and objects are kept apart by where
they are written. Values compare by identity; the solver interns those that must be equal.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

Node = int
"""Number of a set of values in the solver. Node 0 is empty for ever."""

NOTHING: Node = 0
FALSE: Node = 1
"""What the literal is as an argument: empty for ever too."""
TRUE: Node = 2
"""As above."""

REST = "*"
"""Slot of a container for elements whose key is not known."""

ANY = "?"
"""Slot that gathers all elements of a container, of known key or not."""

Key = str | int


class Value:
    """Anything that a node may hold."""

    __slots__ = ()


class Constant(Value):
    """A string or an integer, kept because it may be a key."""

    __slots__ = ("value",)

    def __init__(self, value: Key) -> None:
        self.value = value


class Affix(Value):
    """A word of which only the beginning and the end are known, kept because it may name attributes."""

    __slots__ = ("begin", "end")

    def __init__(self, begin: str, end: str) -> None:
        self.begin, self.end = begin, end


class Several(Value):
    """One of several things, whose names begin and end alike: whoever calls it may call any."""

    __slots__ = ("among",)

    def __init__(self, among: tuple[Node, ...]) -> None:
        self.among = among


class Holder(Value):
    """A value with slots of its own: attributes, elements, module variables."""

    __slots__ = ("slots", "waiting")

    def __init__(self) -> None:
        self.slots: dict[Key, Node] = {}
        self.waiting: dict[Key, list[Callable[[], None]]] = {}


class External(Holder):
    """Something from outside the files, known by its dotted name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class Module(Holder):
    """A file, or a folder without one (``file`` is empty then). ``itself`` is the node whose definition is the module."""

    __slots__ = ("file", "itself", "name", "submodules")

    def __init__(self, name: str, file: str, itself: Node) -> None:
        super().__init__()
        self.name, self.file, self.itself = name, file, itself
        self.submodules: dict[str, Module] = {}


class View(Holder):
    """A module as one ``import a.b.c`` statement sees it: its own slots first, then the module's."""

    __slots__ = ("base",)

    def __init__(self, base: Holder) -> None:
        super().__init__()
        self.base = base


class Container(Holder):
    """A list, tuple, dict, set, object literal or iterator, by where it is written. ``length`` counts leading known elements.

    ``factory`` makes the elements that are read and nobody put in.
    """

    __slots__ = ("factory", "kind", "length", "prototypes")

    def __init__(self, kind: str, length: int | None = None) -> None:
        super().__init__()
        self.kind, self.length = kind, length
        self.factory: Node = NOTHING
        self.prototypes: list[Holder] = []


@dataclass(eq=False, slots=True)
class Parameter:
    """A formal parameter; ``star`` is 1 for ``*args`` and 2 for ``**kwargs``."""

    name: str
    node: Node
    default: Node = NOTHING
    star: int = 0
    keyword_only: bool = False
    positional_only: bool = False


Condition = tuple[str, Node, bool]
"""A parameter, ``NOTHING`` (for ``None`` or not given), ``FALSE`` or ``TRUE``, and whether it is that; without a name nobody knows."""
Guard = tuple[tuple[Condition, ...], bool]
"""Conditions and whether all of them hold where the code runs, or not all."""


class Function(Holder):
    """A function, method or lambda.

    ``returned`` names the parameters that are returned as they are: calls pass those through without mixing call sites.
    ``guarded`` holds results of branches that ask what a parameter was given, with its name where it is a parameter; ``gives`` says that it returns something;
    ``copy`` makes another of the same code, for a function that makes functions; ``sloppy`` says that without a receiver
    JavaScript gives it the global object as ``this``.
    """

    __slots__ = (
        "arguments",
        "copy",
        "declared",
        "generated",
        "gives",
        "guarded",
        "kind",
        "owner",
        "parameters",
        "prototype",
        "result",
        "returned",
        "sent",
        "sloppy",
        "symbol",
        "this",
    )

    def __init__(self, symbol: str, result: Node) -> None:
        super().__init__()
        self.symbol, self.result = symbol, result
        self.parameters: list[Parameter] = []
        self.returned: set[str] = set()
        self.generated: Container | None = None
        self.sent: Node = NOTHING
        self.this: Node = NOTHING
        self.arguments: Container | None = None
        self.prototype: Instance | None = None
        self.kind = "function"
        self.declared = False
        self.gives = False
        self.sloppy = False
        self.guarded: list[tuple[tuple[Guard, ...], Node, str]] = []
        self.owner: Class | None = None
        self.copy: Callable[[], Function] | None = None


class Class(Holder):
    """A class; ``bases`` are nodes, ``order`` the method resolution order, itself first, ``fields`` the annotated names of its body."""

    __slots__ = ("bases", "constructor", "fields", "instance", "metaclass", "on_order", "order", "symbol")

    def __init__(self, symbol: str) -> None:
        super().__init__()
        self.symbol = symbol
        self.bases: list[Node] = []
        self.order: list[Class] = [self]
        self.on_order: list[Callable[[], object]] = []
        self.instance = Instance(self)
        self.constructor: Function | None = None
        self.fields: list[str] = []
        self.metaclass: Node = NOTHING


class Instance(Holder):
    """Any instance of a class, or of a JavaScript function called with ``new``."""

    __slots__ = ("cls", "prototypes")

    def __init__(self, cls: "Class | Function") -> None:
        super().__init__()
        self.cls = cls
        self.prototypes: list[Holder] = []


class Kin(Instance):
    """Any instance of a class or of its subclasses: what an annotation, an ``except`` clause or an inherited ``self`` promises."""

    __slots__ = ()


class Near(Kin):
    """As ``Kin``, of the subclasses only the public ones beside the class: what a docstring promises."""

    __slots__ = ()


class Bound(Value):
    """A function taken from a receiver."""

    __slots__ = ("function", "receiver")

    def __init__(self, function: Value, receiver: Value) -> None:
        self.function, self.receiver = function, receiver


class Super(Value):
    """``super()``: lookup on the receiver's order behind ``cls``."""

    __slots__ = ("cls", "receiver")

    def __init__(self, cls: Class, receiver: Value) -> None:
        self.cls, self.receiver = cls, receiver


class Wrapped(Value):
    """A function behind a descriptor: ``staticmethod``, ``classmethod``, ``property``, which may run ``once`` for each object."""

    __slots__ = ("getter", "kind", "once", "setter")

    def __init__(self, kind: str, getter: Node, setter: Node = NOTHING, *, once: bool = False) -> None:
        self.kind, self.getter, self.setter, self.once = kind, getter, setter, once


class TypeVariable(Value):
    """A type variable: ``promised`` holds objects as its bound or its constraints promise them, ``classes`` what ``type[T]`` stands for."""

    __slots__ = ("classes", "promised")

    def __init__(self, promised: Node, classes: Node) -> None:
        self.promised, self.classes = promised, classes


class Method(Value):
    """A method of a built-in container (``append``), with the container that it is taken from."""

    __slots__ = ("holder", "name")

    def __init__(self, holder: Holder, name: str) -> None:
        self.holder, self.name = holder, name


class Partial(Value):
    """A callable with its first arguments given."""

    __slots__ = ("callee", "given", "keywords", "receiver")

    def __init__(self, callee: Node, given: tuple[Node, ...], keywords: dict[str, Node], receiver: Node = NOTHING) -> None:
        self.callee, self.given, self.keywords, self.receiver = callee, given, keywords, receiver


@dataclass(frozen=True, slots=True)
class Site:
    """Where something is written: symbol, file, byte."""

    symbol: str
    file: str
    byte: int


@dataclass(eq=False, slots=True)
class Call:
    """A call: positional arguments (``star`` ones are unpacked), keywords, and where its result goes (``used`` says that it is looked at);
    ``plain`` is a call of a name or a value that has no receiver, ``special`` names the special method that is called, ``alike`` says that what is called
    was chosen by a name put together.
    """

    site: Site
    result: Node
    arguments: list[tuple[Node, bool]] = field(default_factory=list)
    keywords: dict[str, Node] = field(default_factory=dict)
    double_star: list[Node] = field(default_factory=list)
    receiver: Node = NOTHING
    new: bool = False
    types: list[Node] = field(default_factory=list)
    depth: int = 0
    used: bool = False
    owner: Function | None = None
    plain: bool = False
    special: str = ""
    alike: bool = False
