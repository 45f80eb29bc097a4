"""Going on in the interpreter that is running already, with its modules loaded, in place of starting a new one."""

import os
import sys
from typing import NoReturn

from mge_resources.sandbox.launcher import kernel

_loaded: list[str] = []


def mark_loaded(modules: list[str]) -> None:
    """Say that this process and its forks have these modules and may stand for a new interpreter."""
    _loaded[:] = modules


def loaded() -> bool:
    """Whether this process may stand for a new interpreter."""
    return bool(_loaded)


def _make_new(command: list[str], environment: dict[str, str]) -> None:
    """Look like an interpreter that has just been started with this command: its environment, arguments, paths and modules."""
    kernel.show_to_ptrace()
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = command[1:]
    for name in [name for name in sys.modules if name.partition(".")[0] == "mge_resources"]:
        del sys.modules[name]
    extra = [entry for entry in environment.get("PYTHONPATH", "").split(":") if entry and entry not in sys.path]
    sys.path[:0] = [os.path.dirname(os.path.abspath(command[1])), *extra]  # noqa: PTH100, PTH120 - pathlib need not be loaded


def _run(script: str) -> int:
    """Run the script as the main program; its exit code."""
    import runpy  # noqa: PLC0415 - only forks of a loaded interpreter come here
    import traceback  # noqa: PLC0415

    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def go_on(command: list[str], environment: dict[str, str]) -> NoReturn:
    """Run ``command`` (interpreter, script, arguments …) here and end this process with its exit code, as an interpreter would."""
    import atexit  # noqa: PLC0415
    import threading  # noqa: PLC0415

    _make_new(command, environment)
    code = _run(command[1])
    for last in (threading._shutdown, atexit._run_exitfuncs, sys.stdout.flush, sys.stderr.flush):  # type: ignore[attr-defined]
        try:
            last()
        except BaseException:  # noqa: S112 - an interpreter goes on to its end as well
            continue
    os._exit(code)
