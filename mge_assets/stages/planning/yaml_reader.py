"""YAML with the line and column of every value, and none of what makes YAML dangerous.

Only nodes are composed, nothing is constructed: tags are refused, so no text can name a class. Aliases are followed at most
``MAX_NODES`` values far, so that ten nested lists of aliases can't grow into gigabytes.
"""

from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from mge_assets.stages.planning.json_reader import MAX_DEPTH, BrokenError
from mge_assets.stages.planning.written import Scalar, Written

MAX_NODES = 300_000
"""Most values in one file, aliases followed. A plan of 5,000 tasks has about 60,000."""

_CORE = "tag:yaml.org,2002:"
_SCALARS = {_CORE + name for name in ("str", "int", "float", "bool", "null", "timestamp", "value")}
_QUOTE = "put texts that hold `: `, `#`, `*`, `&`, `!`, `%`, `@` or a backquote in double quotes, and indent with blanks"


def read_yaml(text: str) -> Written:
    """The tree of a YAML text. Raises BrokenError."""
    root = _compose(text)
    if root is None:
        raise BrokenError("the file is empty", "write at least `name` and `phases`")
    return _Walk().node(root, 0)


def _compose(text: str) -> Node | None:
    loader = YAML(typ="safe", pure=True)
    loader.max_depth = MAX_DEPTH
    loader.composer.warn_double_anchors = False
    try:
        root: Node | None = loader.compose(text)
    except ReaderError as error:
        line, sign = text.count("\n", 0, error.position) + 1, ord(text[error.position])
        raise BrokenError(f"the character U+{sign:04X} may not stand in YAML", "take it out, or escape it in double quotes", line) from error
    except MarkedYAMLError as error:
        raise _broken(error) from error
    except (YAMLError, ValueError, AttributeError, IndexError, TypeError, AssertionError, KeyError) as error:  # ruamel's own slips on odd input
        raise BrokenError(f"broken YAML: {str(error).splitlines()[0] if str(error) else type(error).__name__}", _QUOTE) from error
    return root


def _broken(error: MarkedYAMLError) -> BrokenError:
    mark = error.problem_mark or error.context_mark
    problem = ", ".join(part for part in (error.context, error.problem) if part)
    position = (mark.line + 1, mark.column + 1) if mark else (None, None)
    return BrokenError(f"broken YAML: {' '.join(problem.split())}", _QUOTE, *position)


@dataclass
class _Walk:
    """One walk over the nodes; ``left`` counts down so that aliases can't blow up, ``above`` finds an alias of its own holder."""

    left: int = MAX_NODES
    above: set[int] = field(default_factory=set)

    def node(self, node: Node, depth: int) -> Written:
        self.left -= 1
        if self.left < 0:
            raise _at(node, f"more than {MAX_NODES:,} values, aliases followed", "write fewer aliases, or split the plan")
        if depth > MAX_DEPTH:
            raise _at(node, f"nested deeper than {MAX_DEPTH} levels", "a plan needs no more than 8")
        if isinstance(node, ScalarNode):
            return Written(_scalar(node), *_position(node))
        if id(node) in self.above:
            raise _at(node, "an alias stands inside of what it names", "write the value out")
        self.above.add(id(node))
        try:
            return self._holder(node, depth)
        finally:
            self.above.remove(id(node))

    def _holder(self, node: Node, depth: int) -> Written:
        expected = _CORE + ("map" if isinstance(node, MappingNode) else "seq")
        if str(node.tag) != expected:
            raise _tagged(node)
        if isinstance(node, SequenceNode):
            return Written([self.node(child, depth + 1) for child in node.value], *_position(node))
        return self._mapping(node, depth)

    def _mapping(self, node: Node, depth: int) -> Written:
        values: dict[str, Written] = {}
        keys: dict[str, tuple[int, int]] = {}
        for key_node, value_node in node.value:
            key = _key(key_node)
            if key in keys:
                raise _at(key_node, f"the key {key!r} is given twice, first in line {keys[key][0]}", "keep one of them")
            keys[key] = _position(key_node)
            values[key] = self.node(value_node, depth + 1)
        return Written(values, *_position(node), keys)


def _position(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _at(node: Node, problem: str, fix: str) -> BrokenError:
    return BrokenError(problem, fix, *_position(node))


def _tagged(node: Node) -> BrokenError:
    return _at(node, f"the tag {str(node.tag)!r} is not taken", "take the tag away; plain texts, lists and mappings are enough")


def _key(node: Node) -> str:
    if str(node.tag) == _CORE + "merge":
        raise _at(node, "merge keys (`<<`) are not taken", "write the keys out")
    if not isinstance(node, ScalarNode):
        raise _at(node, "a key is a list or a mapping", "keys are plain words; put texts that begin with `[` or `{` in quotes")
    return str(node.value)


def _scalar(node: ScalarNode) -> Scalar:
    """The value by its resolved tag; a date stays the text that it is."""
    tag, text = str(node.tag), str(node.value)
    if tag not in _SCALARS:
        raise _tagged(node)
    match tag.removeprefix(_CORE):
        case "null":
            return None
        case "bool":
            return text.lower() in {"true", "yes", "on"}
        case "int" | "float":
            return _number(text)
        case _:
            return text


def _number(text: str) -> Scalar:
    """The number, or the text where YAML writes numbers otherwise than Python: it is only ever named in an error."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
