"""Languages and their syntax trees, through tree-sitter. Knows files and bytes, nothing of atoms."""

from mge_resources.syntax.languages import JUDGED, SCRIPTS, Language, detect_language, parse, parse_lines
from mge_resources.syntax.python_ast import parse_python, read_literal

__all__ = ["JUDGED", "SCRIPTS", "Language", "detect_language", "parse", "parse_lines", "parse_python", "read_literal"]
