"""What JavaScript and TypeScript have no business doing while they are tested. A screen, asked only where tests ran beside the code."""

import re
from collections.abc import Iterator, Mapping

from mge_assets.model.errors import Place
from mge_assets.stages.validation.nearness import near
from mge_resources.syntax import Language, detect_language

_SIGNS = (
    (
        re.compile(r"process\s*\.\s*(exit|reallyExit|abort|kill|on|once|emit|exitCode|binding|argv|stdout|mainModule|dlopen)\b"),
        "changes how its process ends or speaks",
    ),
    (
        re.compile(r"""["'](node:)?(assert(/strict)?|test|fs|fs/promises|child_process|worker_threads|inspector|vm|module|v8|async_hooks|repl)["']"""),
        "reaches for what judges it",
    ),
    (re.compile(r"\b(prepareStackTrace|captureStackTrace|__proto__|setPrototypeOf)\b|\.prototype\s*(\.|\[)[^=;\n]*=[^=]"), "changes what other code relies on"),
    (re.compile(r"\b(eval|Function)\s*\(|\bglobalThis\b|\bglobal\s*\."), "reaches for what everybody shares"),
    (re.compile(r"""\b(import|require)\s*\(\s*(?!["'][^"']*["']\s*[,)])"""), "imports what its text does not name"),
    (re.compile(r"/job/|/proc/|\.test\."), "names what belongs to its tests"),
)


def suspicions(project: Mapping[str, bytes], test_file: str, tests: str) -> Iterator[tuple[Place, str]]:
    """(place, what the code does there) for everything in the scripts that the tests may load that speaks against a pass."""
    for name in sorted(near(project, tests)):
        if name == test_file or detect_language(name) not in (Language.JAVASCRIPT, Language.TYPESCRIPT, Language.TSX):
            continue
        for number, line in enumerate(project[name].decode(errors="replace").splitlines(), 1):
            for sign, what in _SIGNS:
                if sign.search(line):
                    yield Place(name, number), what
