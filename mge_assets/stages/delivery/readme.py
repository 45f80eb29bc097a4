"""The README that is delivered beside tests: what the project is, and how to run its tests."""

from collections.abc import Collection, Sequence

from mge_assets.model.masterplan import Masterplan
from mge_assets.model.testfiles import NODE_RUNNER
from mge_assets.stages.delivery.manifest import MANIFEST
from mge_assets.stages.delivery.node import OLDEST_NODE, PACKAGE
from mge_resources.syntax import SCRIPTS, Language, detect_language

README = "README.md"


def readme(plan: Masterplan, tests: Sequence[str], beside: Collection[str]) -> bytes:
    """The text, for a plan with these test files; ``beside`` are the paths delivered with them."""
    told = [f"# {plan.name}", plan.description.strip(), "## Tests"]
    languages = {detect_language(path) for path in tests}
    if Language.PYTHON in languages:
        told.append(_PYTHON.format(first="    pip install pytest .\n" if MANIFEST in beside else ""))
    if languages & SCRIPTS:
        text = _TYPESCRIPT if NODE_RUNNER in beside else _JAVASCRIPT
        told.append(text.replace("npm test --", f"node {NODE_RUNNER}").replace("npm test", f"node {NODE_RUNNER}") if PACKAGE in plan.carried else text)
    if Language.GO in languages:
        told.append("    go test ./...")
    return ("\n\n".join(part for part in told if part) + "\n").encode()


_PYTHON = """\
{first}    python -m pytest

Python 3.11 or later."""
_JAVASCRIPT = f"""\
    npm test

Node {OLDEST_NODE} or later; `npm install` first where `package.json` names dependencies."""
_TYPESCRIPT = f"""\
    npm install
    npm test

Node {OLDEST_NODE} or later. `npm install` is needed once: it brings the TypeScript compiler, with which `{NODE_RUNNER}` loads the tests and the code
as they are; nothing is built. Where the compiler lies elsewhere, name its folder: `node {NODE_RUNNER} --typescript=FOLDER`. From Node 22.18 on, the
tests run without it too, unless the code has decorators or finds modules by `paths` of a `tsconfig.json`.

One file of tests: `npm test -- tests/NAME`."""
