"""A Masterplan becomes the text of a plan file, stable and pleasant to read."""

import io
import json

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from mge_assets.model.masterplan import Masterplan

_WIDTH = 1_000_000
"""Never fold a line: folded text is hard to compare."""


def dump_yaml(plan: Masterplan) -> str:
    """The plan as YAML; loading it gives the same plan."""
    writer = YAML()
    writer.width = _WIDTH
    writer.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    writer.dump(_styled(_stripped(plan)), out)
    return out.getvalue()


def dump_json(plan: Masterplan) -> str:
    """The plan as JSON; loading it gives the same plan."""
    return json.dumps(_stripped(plan), indent=2, ensure_ascii=False) + "\n"


def _stripped(plan: Masterplan) -> dict[str, object]:
    """Plain values without the keys that say nothing."""
    plain: dict[str, object] = plan.model_dump(mode="json", exclude_defaults=True)
    return plain


def _styled(value: object) -> object:
    """Texts of many lines as blocks where a block keeps them exactly, all other odd texts in double quotes."""
    if isinstance(value, dict):
        return {key: _styled(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_styled(child) for child in value]
    if not isinstance(value, str):
        return value
    if "\n" in value and _keeps_in_block(value):
        return LiteralScalarString(value)
    return DoubleQuotedScalarString(value) if not value.isprintable() or value != value.strip() else value


def _keeps_in_block(text: str) -> bool:
    """True where every line is printable and neither the indentation nor the end of the block can be misread."""
    lines = text.split("\n")
    plain = all(line.replace("\t", " ").isprintable() and line == line.rstrip() and not line.startswith("\t") for line in lines)
    return plain and not lines[0].startswith(" ") and lines[0] != "" and not text.endswith("\n\n")
