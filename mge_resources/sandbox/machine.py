"""What of this machine a sandbox may see, and where the tools are that commands name."""

import shutil
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mge_resources.packages import NODE_MODULES
from mge_resources.sandbox.port import Limits, SandboxUnavailableError

_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = ("/etc/ld.so.cache", "/etc/alternatives")
_TOOL_PATH = "/usr/local/bin:/usr/bin:/bin"
_NODE_ADDRESS_BYTES = 64 << 30  # Node reserves far more than it uses and does not start under 512 MB; its heap is bounded instead


@dataclass(frozen=True, slots=True)
class View:
    """What is mounted read-only: ``binds`` are (source, path inside), ``links`` (path inside, what it points to)."""

    binds: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    library_path: str = ""
    python_path: str = ""
    node_path: str = ""


def _uncovered(paths: Iterable[Path]) -> list[Path]:
    """The paths that exist, shortest first, without those that lie under another or under /usr."""
    kept = [Path("/usr")]
    for path in sorted(set(paths), key=lambda path: (len(path.parts), str(path))):
        if path.exists() and not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return kept


def _interpreter_chain() -> list[Path]:
    """Every path that leads from the interpreter's name to its file: a virtual environment's is a link, perhaps to a link."""
    chain = [Path(sys.executable)]
    while chain[-1].is_symlink():
        chain.append(chain[-1].parent / chain[-1].readlink())
    return chain


def _interpreter_parts() -> list[Path]:
    """The folders that the interpreter needs; never a whole prefix, which may be a home or a project."""
    prefixes = {Path(sys.prefix), Path(sys.base_prefix), *(path.parent.parent for path in _interpreter_chain())}
    parts = [prefix / name for prefix in prefixes for name in ("bin", "lib", "lib64", "pyvenv.cfg")]
    return parts + [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")] + _package_folders()


def _package_folders() -> list[Path]:
    return [Path(entry) for entry in sys.path if Path(entry).name in {"site-packages", "dist-packages"} and Path(entry).is_dir()]


def _outside_prefix(folders: Iterable[Path]) -> list[str]:
    """Package folders that the interpreter does not find by itself inside: the user's own."""
    own = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    return [str(folder) for folder in folders if folder not in own and not folder.is_relative_to("/usr")]


def _node() -> str | None:
    found = shutil.which("node", path=_TOOL_PATH) or shutil.which("node")
    return str(Path(found).resolve()) if found else None


@cache
def view(packages: tuple[str, ...] = ()) -> View:
    """What this process's sandboxes see: system libraries and programs, the interpreter, its packages, Node, and a project's packages; nothing else."""
    links = tuple((name, str(Path(name).readlink())) for name in _SYSTEM if Path(name).is_symlink())
    system = [Path(name) for name in _SYSTEM if Path(name).is_dir() and not Path(name).is_symlink()]
    node = _node()
    paths = _uncovered([*system, *map(Path, _ETC), *_interpreter_parts(), *([Path(node)] if node else [])])
    modules = [folder for folder in packages if Path(folder).name == NODE_MODULES]
    python = [folder for folder in packages if folder not in modules]
    shared = bool(sysconfig.get_config_var("Py_ENABLE_SHARED"))
    return View(
        binds=(
            *((str(path.resolve()), str(path)) for path in (*paths, *map(Path, python))),
            *((str(Path(folder).resolve()), f"/{NODE_MODULES}") for folder in modules),
        ),
        links=links,
        library_path=str(sysconfig.get_config_var("LIBDIR")) if shared else "",
        python_path=":".join((*python, *_outside_prefix(_package_folders()))),
        node_path=":".join((*modules, *(f"/{NODE_MODULES}" for _ in modules))),
    )


def resolve(command: Sequence[str], limits: Limits) -> tuple[list[str], int]:
    """The command with its tools' paths in place, and the bound on address space that suits them. Raises SandboxUnavailableError."""
    words = [word.replace("{python}", sys.executable) for word in command]
    if "{node}" not in words:
        return words, limits.memory_bytes
    node = _node()
    if node is None:
        raise SandboxUnavailableError("Node is not installed, so JavaScript can't be run; install Node 20 or later")
    at = words.index("{node}")
    words[at : at + 1] = [node, f"--max-old-space-size={limits.memory_bytes >> 20}"]
    return words, _NODE_ADDRESS_BYTES
