"""TypeScript and TSX: JavaScript and the node types of its types."""

from dataclasses import replace

from mge_assets.stages.atomization.languages.javascript import BODIES, COMPOUND, LITERALS
from mge_assets.stages.atomization.languages.javascript import GRAMMAR as JAVASCRIPT

GRAMMAR = replace(
    JAVASCRIPT,
    name="typescript",
    bodies=BODIES | {"interface_body", "enum_body", "object_type"},
    compound=COMPOUND
    | {"interface_declaration", "enum_declaration", "ambient_declaration", "internal_module", "module", "abstract_class_declaration", "type_alias_declaration"},
    type_members=frozenset({"property_signature", "index_signature", "call_signature", "construct_signature", "method_signature"}),
    literals=LITERALS | {"union_type", "tuple_type"},
)
"""TypeScript and TSX."""
