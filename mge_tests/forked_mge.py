"""The command in processes forked off one that has imported all of it: 1.5 s of processor time less for each than a new interpreter.

What runs is a process like any other ``mge``, with an environment, a folder, standard streams and an exit code of its own; only its imports are shared.
"""

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory

from mge_tests.recovery.nursery import PRELOADED, be_mge

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([*PRELOADED, "mge_tests.forked_mge"])  # a process has one server that forks: the killed runs' needs are met too


def run_forked(arguments: Sequence[str], environment: Mapping[str, str], folder: Path, seconds: float) -> "CompletedProcess[str]":
    """Run ``mge`` in a folder, with this environment and no other. Raises TimeoutExpired, and ends it, where it takes longer than so many seconds."""
    with TemporaryDirectory() as streams:
        out, errors = Path(streams, "out"), Path(streams, "errors")
        process = _CONTEXT.Process(target=_be_mge, args=(list(arguments), dict(environment), str(folder), str(out), str(errors)))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutExpired(["mge", *arguments], seconds, out.read_text(), errors.read_text())
        return CompletedProcess(["mge", *arguments], process.exitcode, out.read_text(), errors.read_text())


def _be_mge(arguments: list[str], environment: Mapping[str, str], folder: str, out: str, errors: str) -> None:
    def prepare() -> None:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)

    be_mge(arguments, out, errors, prepare)
