"""What a language's node types mean for cutting, as bits by the grammar's numbers: a look-up by number costs a fraction of one by name.

What belongs here: the bits and their table. Which types have them is in the language's module.
"""

from functools import cache

from tree_sitter import Language as TreeSitterLanguage

from mge_assets.stages.atomization.grammar import Grammar, grammar_of
from mge_resources.syntax import Language

BODY, COMPOUND, LITERAL, RAW, GLUED, COMMENT, TOKEN, CLOSING, PLAIN, ERROR = (1 << bit for bit in range(10))
"""TOKEN: without a name in the grammar (brackets, operators, keywords); CLOSING: a closing bracket; PLAIN: a statement that defines nothing."""
_CLOSING = frozenset({"}", ")", "]", ">", "/>"})


Traits = dict[int, int]
"""Bits by node number."""
_ERROR_NUMBER = 65535


@cache
def traits_of(language: Language, compiled_for: TreeSitterLanguage) -> Traits:
    """The language's table."""
    grammar = grammar_of(language)
    return {number: _bits(grammar, compiled_for, number) for number in range(compiled_for.node_kind_count)} | {_ERROR_NUMBER: ERROR}


def _bits(grammar: Grammar, compiled_for: TreeSitterLanguage, number: int) -> int:
    name = compiled_for.node_kind_for_id(number)
    if name is None or not compiled_for.node_kind_is_named(number):
        return TOKEN | (CLOSING if name in _CLOSING else 0)
    sets = ((BODY, grammar.bodies), (COMPOUND, grammar.compound), (LITERAL, grammar.literals), (RAW, grammar.raw), (GLUED, grammar.glued))
    bits = sum(bit for bit, names in sets if name in names)
    return bits | (COMMENT if name in grammar.comments else 0) | (PLAIN if name in grammar.plain else 0)
