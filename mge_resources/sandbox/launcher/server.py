"""A launcher that stays: it has the modules loaded that runs need, and forks for each run.

It never runs the code itself, and holds nothing of ours: no environment, no job, no descriptor but its control socket. Each fork isolates
itself as a launcher started anew does, in namespaces of its own, so that nothing is shared between runs but these modules as they were loaded.
"""

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys

from mge_resources.sandbox.launcher import entries, interpreter
from mge_resources.sandbox.launcher.streams import Streams

_MODULES = (
    "asyncio", "collections.abc", "concurrent.futures", "contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "enum", "fractions",
    "functools", "hashlib", "inspect", "io", "itertools", "json", "linecache", "logging", "math", "operator", "pathlib", "random", "re", "runpy",
    "statistics", "string", "tempfile", "textwrap", "threading", "time", "traceback", "typing", "unittest", "unittest.mock", "uuid", "pytest",
    "_pytest.assertion.rewrite", "_pytest._argcomplete", "pdb", "readline", "faulthandler",
)  # fmt: skip
_MOST_WORDS = 64
_MOST_DESCRIPTORS = 5


def _load() -> list[str]:
    """Load what runs are likely to need; what is not installed is left out."""
    names = list(_MODULES)
    with contextlib.suppress(ImportError):
        names += [f"_pytest.{name}" for name in importlib.import_module("_pytest.config").default_plugins]
    found = []
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
            found.append(name)
    return found


def _serve(descriptors: list[int]) -> None:
    """In a fork: the descriptors are the job, the channel, standard input, output, error, and perhaps a link."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    job, channel, stdin, stdout, stderr, *link = descriptors
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    gc.enable()
    entries.isolate(Streams(job, channel, stdin, *link))


def main_server() -> None:
    """Entry: serve runs until our parent has closed the control socket, whose number is the last argument."""
    control = socket.socket(fileno=int(sys.argv[-1]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a fork: the kernel reaps it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interpreter.mark_loaded(_load())
    gc.disable()
    gc.freeze()  # forks copy fewer pages
    control.send(b"ready")
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, _MOST_WORDS, _MOST_DESCRIPTORS + 1)
        if not message:
            return
        fork = os.fork()
        if fork == 0:
            try:
                _serve(descriptors)
            finally:
                os._exit(0)
        handle = os.pidfd_open(fork)
        socket.send_fds(control, [b"started"], [handle])
        for descriptor in (handle, *descriptors):
            os.close(descriptor)
