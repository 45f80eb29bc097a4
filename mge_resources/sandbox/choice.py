"""Which sandbox to use: the first that works here, proven by a self-test once in each process."""

import os
import sys
from collections.abc import Iterator
from functools import cache
from threading import Lock

from mge_resources.sandbox.isolations import BubblewrapSandbox, NamespaceSandbox, find_bubblewrap
from mge_resources.sandbox.port import Sandbox, SandboxJob, SandboxOutcome, SandboxUnavailableError
from mge_resources.sandbox.probe import Promise, self_test

CHOICES = ("auto", "bwrap", "namespaces", "off")
REFUSED = "refused"
_FIX = (
    "install bubblewrap, or allow unprivileged user namespaces"
    " (sysctl kernel.apparmor_restrict_unprivileged_userns=0, in Docker --security-opt seccomp=unconfined --security-opt systempaths=unconfined)"
)
_WRAPPED_FIX = "set MGE_SANDBOX=namespaces, or as root make the interpreter's folder readable for everybody"
_probing = Lock()
_promises: dict[str, tuple[Promise, ...]] = {}


class NoSandbox:
    """Stands where no isolation is to be had: it says why and runs nothing."""

    isolation = REFUSED

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Raises SandboxUnavailableError, always."""
        raise SandboxUnavailableError(self._reason)


def _candidates(choice: str) -> Iterator[Sandbox]:
    """In the order of preference. Root prefers direct calls, which mount before they drop the uid; bubblewrap can only drop it first."""
    program = find_bubblewrap() if choice in {"auto", "bwrap"} else None
    wrapped: list[Sandbox] = [BubblewrapSandbox(program)] if program else []
    direct: list[Sandbox] = [NamespaceSandbox()] if choice in {"auto", "namespaces"} else []
    yield from direct + wrapped if os.geteuid() == 0 else wrapped + direct


@cache
def _proven(choice: str) -> Sandbox:
    if not sys.platform.startswith("linux"):
        return NoSandbox(f"there is no sandbox for {sys.platform} yet, so code is not run; use Linux")
    reason = "bubblewrap is not installed; install it or set MGE_SANDBOX=auto"
    for sandbox in _candidates(choice):
        try:
            _promises[choice] = self_test(sandbox)
        except SandboxUnavailableError as error:
            fix = _WRAPPED_FIX if sandbox.isolation == "bwrap" else _FIX
            reason = f"no sandbox here: {error}" + ("" if ";" in str(error) else f"; {fix}")
        else:
            return sandbox
    return NoSandbox(reason)


class ProvenSandbox:
    """The chosen sandbox; the self-test is run when it is first needed, and once in a process."""

    def __init__(self, choice: str) -> None:
        self._choice = choice

    @property
    def isolation(self) -> str:
        """``bwrap`` or ``namespaces``; ``refused`` where none works."""
        return self._sandbox().isolation

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Run one job to its end. Raises SandboxUnavailableError, or ValueError for a file name that climbs out."""
        return self._sandbox().run(job)

    def promises(self) -> tuple[Promise, ...]:
        """What the self-test proved here; nothing where no sandbox works."""
        self._sandbox()
        return _promises.get(self._choice, ())

    def _sandbox(self) -> Sandbox:
        with _probing:
            return _proven(self._choice)


def open_sandbox(choice: str = "auto") -> Sandbox:
    """The sandbox of the setting: ``auto``, ``bwrap``, ``namespaces``, or ``off``, which never runs anything. Raises ValueError."""
    if choice not in CHOICES:
        raise ValueError(f"sandbox {choice!r} is unknown; use one of {', '.join(CHOICES)}")
    if choice == "off":
        return NoSandbox("the sandbox is switched off, so code is not run; set MGE_SANDBOX=auto")
    return ProvenSandbox(choice)
