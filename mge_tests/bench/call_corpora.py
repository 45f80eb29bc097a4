"""Packages with their own tests, in an environment of their own, and the calls that those tests make (kept, since a trace takes minutes)."""

import json
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
# flask's tests reach into pytest 8's insides: under 9 all of them end in errors, and nothing is traced
_TOOLS = ("pytest<9", "pytest-timeout", "jedi==0.20.1", "pyan3==2.9.0", "pycg==0.0.8")
_SLOW = "not memory_leak and not node_cutset_random"
_SKIPPED = ("kcomponents", "isomorphvf2", "vf2pp", "gomory_hu", "special", "smallworld", "graph_hashing")
Row = tuple[str, str, str, str]
"""Caller, callee, form, way: see the tracer."""


@dataclass(frozen=True, slots=True)
class Package:
    """An sdist of a pinned version: where its code and tests lie in it, and what its tests need beside it."""

    name: str
    version: str
    code: str = "src"
    tests: str = "tests"
    needs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def root(self, folder: Path) -> Path:
        """The folder that its modules are named from."""
        return folder / f"{self.name}-{self.version}" / self.code


PACKAGES = (
    Package("click", "8.5.1"),
    Package("requests", "2.34.2", needs=("pytest-httpbin", "pytest-mock", "trustme", "PySocks")),
    Package(
        "networkx",
        "3.6.1",
        code="networkx",
        tests="networkx",
        needs=("numpy", "scipy"),
        options=(*(f"--ignore-glob=*test_{name}.py" for name in _SKIPPED), "-k", _SLOW),
    ),
    Package("flask", "3.1.3", needs=("asgiref", "python-dotenv", "blinker")),
    Package("jinja2", "3.1.6", needs=("trio",)),
    Package("attrs", "26.1.0", needs=("hypothesis", "cloudpickle")),
    Package("packaging", "26.3", needs=("pretend", "hypothesis", "tomli_w")),
    Package("more_itertools", "11.2.1", code="."),
)


class Workshop:
    """The cache folder: sdists, one environment for all, traces and peers' answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "venv" / "bin" / "python"

    def open(self, package: Package) -> None:
        """Fetch and unpack the sdist, and install the package with what its tests need."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.python.exists():
            self._run([sys.executable, "-m", "venv", str(self.folder / "venv")])
            self._run([str(self.python), "-m", "pip", "install", "-q", *_TOOLS])
        home = self.folder / f"{package.name}-{package.version}"
        if home.is_dir():
            return
        pinned = f"{package.name}=={package.version}"
        self._run([str(self.python), "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(self.folder), pinned])
        with tarfile.open(self.folder / f"{package.name}-{package.version}.tar.gz") as archive:
            archive.extractall(self.folder, filter="data")
        self._run([str(self.python), "-m", "pip", "install", "-q", pinned, *package.needs])

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command[:6])} … failed: {(done.stderr or done.stdout).strip()[-300:]}")

    def executed(self, package: Package, minutes: int = 30) -> list[Row]:
        """Calls that the package's own tests make between its functions; traced once and kept."""
        out = self.folder / f"{package.name}-{package.version}.calls.json"
        if not out.exists():
            self._test(
                package, ["-m", "pytest", "-p", "dependency_tracer"], {"MGE_TRACE_ROOT": str(package.root(self.folder)), "MGE_TRACE_OUT": str(out)}, minutes
            )
        if not out.exists():
            sys.exit(f"{package.name}: its tests left no trace; run them by hand in {self.folder}")
        return [(row[0], row[1], row[2], row[3]) for row in json.loads(out.read_text())]

    def _test(self, package: Package, runner: list[str], variables: dict[str, str], minutes: int) -> None:
        """Run the package's own tests, whatever comes of them."""
        self.open(package)
        root, home = package.root(self.folder), self.folder / f"{package.name}-{package.version}"
        path = os.pathsep.join([str(root.parent if (root / "__init__.py").exists() else root), str(HERE)])
        command = [str(self.python), *runner, "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors", "--timeout", "120", *package.options]
        command += [str(home / package.tests)]
        environment = {**os.environ, "PYTHONPATH": path, **variables}
        subprocess.run(command, cwd=home, env=environment, capture_output=True, check=False, timeout=60 * minutes)

    def sources(self, package: Package) -> dict[str, bytes]:
        """The package's files below its root, tests and documentation left out."""
        root = package.root(self.folder)
        found = {path.relative_to(root): path for path in sorted(root.rglob("*.py"))}
        return {str(name): path.read_bytes() for name, path in found.items() if not {"tests", "docs"}.intersection(name.parts)}

    def peer(self, package: Package, tool: str, callers: list[str]) -> dict[str, object] | None:
        """A peer's edges and CPU seconds, asked once and kept; ``None`` where it fails or takes over ten minutes."""
        out = self.folder / f"{package.name}-{package.version}.{tool}.json"
        if not out.exists():
            root = str(package.root(self.folder))
            asked = self.folder / f"{package.name}.callers.json"
            asked.write_text(json.dumps(callers))
            arguments = [root, str(asked), str(out)] if tool == "jedi" else [root, str(out)]
            try:
                subprocess.run([str(self.python), str(HERE / f"dependency_{tool}.py"), *arguments], capture_output=True, check=False, timeout=600)
            except subprocess.TimeoutExpired:
                return None
        return json.loads(out.read_text()) if out.exists() else None
