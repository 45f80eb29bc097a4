"""Languages and their syntax trees, through tree-sitter. Knows files and bytes, nothing of atoms."""

from mge_resources.syntax.languages import JUDGED, SCRIPTS, Language, detect_language, parse, parse_lines

__all__ = ["JUDGED", "SCRIPTS", "Language", "detect_language", "parse", "parse_lines"]
