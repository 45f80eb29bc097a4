"""The file system that the code sees: a small tmpfs, read-only binds of what it needs, and sized places to write."""

# pathlib would cost 3 ms at each run.
# ruff: noqa: PTH102, PTH103, PTH112, PTH120, PTH123, PTH211

import os

from mge_resources.sandbox.launcher import kernel

_STAGE = "/tmp"  # noqa: S108 - only a mount point that every machine has; nothing is written to the host's own
_DEVICES = ("null", "zero", "full", "random", "urandom")
_DEVICE_LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}
_FILES = {
    "etc/passwd": "sandbox:x:1000:1000::/tmp:/bin/sh\n",
    "etc/group": "sandbox:x:1000:\n",
    "etc/hosts": "127.0.0.1 localhost\n",
}
_PLAIN = kernel.MS_NOSUID | kernel.MS_NODEV


def _tmpfs(target: str, size: int, mode: str) -> None:
    os.makedirs(target, exist_ok=True)
    kernel.mount("tmpfs", target, "tmpfs", _PLAIN, f"mode={mode},size={size},nr_inodes=16384")


def _touch(path: str, text: str = "") -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as target:
        target.write(text)


def _bind(source: str, target: str, attributes: int) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        _touch(target)
    kernel.mount(source, target, "", kernel.MS_BIND | kernel.MS_REC)
    kernel.restrict(target, attributes)


def _devices(new: str) -> None:
    _tmpfs(f"{new}/dev", 65536, "0755")
    for name in _DEVICES:
        _bind(f"/old/dev/{name}", f"{new}/dev/{name}", kernel.ATTR_NOSUID)
    for name, goal in _DEVICE_LINKS.items():
        os.symlink(goal, f"{new}/dev/{name}")
    _tmpfs(f"{new}/dev/shm", 16 << 20, "1777")  # noqa: S108 - the sandbox's own
    kernel.restrict(f"{new}/dev", kernel.ATTR_RDONLY | kernel.ATTR_NOSUID, recursive=False)


def build_root(binds: list[list[str]], links: list[list[str]], work_bytes: int) -> None:
    """Make the new root, move into it and let go of the old one. Needs own mount and process-id namespaces. Raises OSError.

    ``binds`` are (source on the host, path inside), ``links`` are (path inside, what it points to).
    Two pivots, because a source may stand under the very folder that the first tmpfs covers.
    """
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    _tmpfs(_STAGE, 1 << 20, "0755")
    os.mkdir(f"{_STAGE}/old")
    kernel.pivot_root(_STAGE, f"{_STAGE}/old")
    os.chdir("/")
    new = "/new"
    _tmpfs(new, 1 << 20, "0755")
    _tmpfs(f"{new}/tmp", 64 << 20, "1777")  # noqa: S108 - the sandbox's own
    for path, goal in links:
        os.makedirs(os.path.dirname(new + path), exist_ok=True)
        os.symlink(goal, new + path)
    for source, target in binds:
        _bind(f"/old{source}", new + target, kernel.ATTR_RDONLY | kernel.ATTR_NOSUID | kernel.ATTR_NODEV)
    for path, text in _FILES.items():
        _touch(f"{new}/{path}", text)
    _devices(new)
    _tmpfs(f"{new}/job", work_bytes, "0777")
    os.makedirs(f"{new}/proc", exist_ok=True)
    kernel.mount("proc", f"{new}/proc", "proc", _PLAIN | kernel.MS_NOEXEC)
    os.chdir(new)
    kernel.pivot_root(".", ".")
    kernel.detach(".")
    os.chdir("/")
    kernel.restrict("/", kernel.ATTR_RDONLY, recursive=False)
