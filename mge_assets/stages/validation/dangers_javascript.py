"""Dangerous patterns in JavaScript and TypeScript, found by the tree-sitter queries of ``rules``."""

from functools import cache

from tree_sitter import Query, QueryCursor, Tree
from tree_sitter_language_pack import get_language

from mge_assets.model.findings import Severity
from mge_assets.stages.validation.rules import query, table
from mge_assets.stages.validation.spots import Spot
from mge_resources.syntax import Language


@cache
def _compiled(language: Language) -> Query:
    typed = query("typescript") if language in {Language.TYPESCRIPT, Language.TSX} else ""
    return Query(get_language(language.value), query("javascript") + typed)


def javascript_dangers(language: Language, tree: Tree) -> tuple[Spot, ...]:
    """A spot for each dangerous pattern, in the order of the file."""
    rules = table("javascript")
    found = []
    for rule, nodes in QueryCursor(_compiled(language)).captures(tree.root_node).items():
        if rule in rules:
            severity, message, fix = rules[rule]
            found += [Spot(rule, Severity(severity), message, fix, node.start_byte, node.start_point[0] + 1) for node in nodes]
    return tuple(sorted(found, key=lambda spot: spot.byte))
