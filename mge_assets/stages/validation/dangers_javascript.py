"""Dangerous patterns in JavaScript and TypeScript, found by the tree-sitter queries of ``rules``."""

import re
from collections.abc import Iterator
from functools import cache

from tree_sitter import Node, Query, QueryCursor, Tree
from tree_sitter_language_pack import get_language

from mge_assets.model.findings import Severity
from mge_assets.stages.validation.rules import query, table
from mge_assets.stages.validation.secrets import is_secret
from mge_assets.stages.validation.spots import Spot
from mge_resources.syntax import Language

_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@cache
def _compiled(language: Language) -> Query:
    typed = query("typescript") if language in {Language.TYPESCRIPT, Language.TSX} else ""
    return Query(get_language(language.value), query("javascript") + typed)


def javascript_dangers(language: Language, tree: Tree) -> tuple[Spot, ...]:
    """A spot for each dangerous pattern and each secret, in the order of the file."""
    rules, found, cursor = table("javascript"), [], QueryCursor(_compiled(language))
    for _, captured in cursor.matches(tree.root_node):
        for rule, nodes in captured.items():
            if rule in rules:
                severity, message, fix = rules[rule]
                found += [Spot(rule, Severity(severity), message, fix, node.start_byte, node.start_point[0] + 1) for node in nodes]
        if "secret.value" in captured:
            found += _secrets(captured["secret.name"][0], captured["secret.value"][0])
    return tuple(sorted(dict.fromkeys(found), key=lambda spot: spot.byte))


def _secrets(named: Node, value: Node) -> Iterator[Spot]:
    name = (named.text or b"").decode(errors="replace").strip("\"'").rpartition(".")[2]
    plain = _HUMPS.sub("_", name).lower()
    if is_secret(plain, (value.text or b"").decode(errors="replace")):
        rule = table("python")["secret"]
        yield Spot(rule["rule"], Severity(rule["severity"]), rule["message"].format(name=name), rule["fix"], value.start_byte, value.start_point[0] + 1)
