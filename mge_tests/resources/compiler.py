"""TypeScript's compiler where this machine has it, for tests that run TypeScript; nothing is ever fetched."""

import atexit
from functools import cache

import pytest

from mge_resources.checkers import CompilingSandbox, ToolCheckers, open_checkers
from mge_resources.checkers.typescript_package import installed
from mge_resources.sandbox import Sandbox
from mge_resources.settings import Settings

needs_compiler = pytest.mark.skipif(installed(Settings().tools) is None, reason="TypeScript's compiler is not in the cache")


@cache
def checkers() -> ToolCheckers:
    """The tools of this machine, started once for all tests of a process."""
    opened = open_checkers(Settings().tools, fetch=False)
    atexit.register(opened.close)
    return opened


def compiling(sandbox: Sandbox) -> CompilingSandbox:
    """The sandbox with the compiler before it."""
    return CompilingSandbox(sandbox, checkers())
