"""Small JavaScript and TypeScript programs, each with the calls that it makes written beside it by hand.

    python -m mge_tests.bench.dependency_scripts [part of a name]

Prints precision and recall over all programs (bound 99 % each) and what differs.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from mge_assets.model.graph import Confidence, EdgeType
from mge_assets.stages.dependency import analyse

PROGRAMS = Path(__file__).parent / "variations"
ENDINGS = {"javascript": "js", "typescript": "ts"}
BOUND = 99.0


@dataclass
class Program:
    """Files by name, and the calls between their functions; a class stands for its constructor."""

    files: dict[str, str] = field(default_factory=dict)
    calls: set[tuple[str, str]] = field(default_factory=set)


def programs() -> dict[str, Program]:
    """Programs by name; ``// file: x.js`` begins another file, ``//> a -> b, c; d -> e`` says who calls whom."""
    found: dict[str, Program] = {}
    for language, ending in ENDINGS.items():
        for block in (PROGRAMS / f"{language}.txt").read_text().split("### ")[1:]:
            title, _, text = block.partition("\n")
            found[f"{language}: {title.strip()}"] = _program(text, f"main.{ending}")
    return found


def _program(text: str, current: str) -> Program:
    made = Program()
    for line in text.splitlines(keepends=True):
        if line.startswith("// file: "):
            current = line.removeprefix("// file: ").strip()
        elif line.startswith("//> "):
            for part in line.removeprefix("//> ").strip().split("; "):
                source, _, targets = part.partition(" -> ")
                made.calls |= {(source.strip(), target.strip()) for target in targets.split(",")}
        else:
            made.files[current] = made.files.get(current, "") + line
    return made


def found(files: dict[str, str]) -> set[tuple[str, str]]:
    """The calls that analysis finds."""
    code = analyse({name: text.encode() for name, text in files.items()})
    return {(e.source, e.target) for e in code.edges if e.type is EdgeType.FUNCTION_CALL and e.confidence is Confidence.RESOLVED}


def main() -> None:
    """Analyse all programs and say how right the graph is."""
    wanted = " ".join(sys.argv[1:])
    hits = extra = missed = 0
    for name, program in programs().items():
        if wanted not in name:
            continue
        answer = found(program.files)
        hits, extra, missed = hits + len(program.calls & answer), extra + len(answer - program.calls), missed + len(program.calls - answer)
        if program.calls != answer:
            print(f"{name}\n  extra  {sorted(answer - program.calls)}\n  missed {sorted(program.calls - answer)}")
    precision, recall = 100 * hits / max(1, hits + extra), 100 * hits / max(1, hits + missed)
    print(f"{hits + missed} calls, bound {BOUND:.0f} %: precision {precision:.1f} % ({precision / BOUND:.2f}), recall {recall:.1f} % ({recall / BOUND:.2f})")


if __name__ == "__main__":
    main()
