"""Small programs in every category of call, run under a tracer: the static graph must be what really happened.

    python -m mge_tests.bench.dependency_variations [part of a name]

Prints precision and recall over all programs (bound 99 % each) and what differs.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from mge_assets.model.graph import Confidence, EdgeType
from mge_assets.stages.dependency import analyse

PROGRAMS = Path(__file__).parent / "variations"
BOUND = 99.0
_TRACE = """
import runpy, sys
from pathlib import Path
root = Path(sys.argv[1]).resolve()
edges = set()
INSIDE = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}
RESUMED = 0x20 | 0x80 | 0x200
CACHE = {}
def name(code):
    if code not in CACHE:
        CACHE[code] = make(code)
    return CACHE[code]
def make(code):
    try:
        file = Path(code.co_filename).resolve().relative_to(root)
    except ValueError:
        return ""
    module = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
    parts = [p for p in code.co_qualname.split(".") if p not in {"<locals>", "<module>", *INSIDE}]
    if parts and parts[-1] == "<lambda>":
        parts = [f"<lambda:{code.co_firstlineno}>"]
    return ".".join([module, *parts])
def trace(frame, event, argument):
    if event == "call" and frame.f_back is not None:
        if frame.f_code.co_name in {"<module>", *INSIDE} or not frame.f_code.co_flags & 2:
            return
        around = frame.f_back
        while around is not None and not name(around.f_code):
            around = around.f_back
        source, target = name(around.f_code) if around else "", name(frame.f_code)
        if source and target:
            edges.add((source, target))
sys.setprofile(trace)
sys.path.insert(0, str(root))
try:
    runpy.run_path(str(root / "main.py"), run_name="__main__")
finally:
    sys.setprofile(None)
    for edge in sorted(edges):
        print("EDGE", *edge)
"""


def programs() -> dict[str, dict[str, str]]:
    """Programs by name; a line ``# file: x.py`` begins another file of the same program."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(PROGRAMS.glob("python*.txt")):
        for block in path.read_text().split("### ")[1:]:
            title, _, text = block.partition("\n")
            files: dict[str, str] = {}
            current = "main.py"
            for line in text.splitlines(keepends=True):
                if line.startswith("# file: "):
                    current = line.removeprefix("# file: ").strip()
                    continue
                files[current] = files.get(current, "") + line
            found[f"{path.stem}: {title.strip()}"] = files
    return found


def executed(files: dict[str, str], folder: Path) -> set[tuple[str, str]]:
    """The calls that a run of the program makes between its own functions."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    done = subprocess.run([sys.executable, "-c", _TRACE, str(folder)], capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        sys.exit(f"a program does not run:\n{done.stderr[-800:]}")
    return {(parts[1], parts[2]) for line in done.stdout.splitlines() if line.startswith("EDGE") for parts in [line.split()]}


def found(files: dict[str, str]) -> set[tuple[str, str]]:
    """The calls that analysis finds; lambdas are named by their line, as the tracer sees them."""
    code = analyse({name: text.encode() for name, text in files.items()})
    names = {s.id: f"{s.id.partition('.')[0]}.<lambda:{s.line}>" for s in code.symbols if s.kind == "lambda"}
    calls = [e for e in code.edges if e.type is EdgeType.FUNCTION_CALL and e.confidence is Confidence.RESOLVED]
    return {(names.get(e.source, e.source), names.get(e.target, e.target)) for e in calls}


def main() -> None:
    """Run all programs and say how right the graph is."""
    wanted = " ".join(sys.argv[1:])
    hits = extra = missed = 0
    for name, files in programs().items():
        if wanted not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            truth = executed(files, Path(folder))
        answer = found(files)
        hits, extra, missed = hits + len(truth & answer), extra + len(answer - truth), missed + len(truth - answer)
        if truth != answer:
            print(f"{name}\n  extra  {sorted(answer - truth)}\n  missed {sorted(truth - answer)}")
    precision, recall = 100 * hits / max(1, hits + extra), 100 * hits / max(1, hits + missed)
    print(f"{hits + missed} calls, bound {BOUND:.0f} %: precision {precision:.1f} % ({precision / BOUND:.2f}), recall {recall:.1f} % ({recall / BOUND:.2f})")


if __name__ == "__main__":
    main()
