"""Which sandbox to use: the first that works here, proven by a self-test once in each process."""

import os
import sys
from collections.abc import Iterator
from functools import cache
from threading import Lock

from mge_resources.packages import read_packages
from mge_resources.sandbox.isolations import BubblewrapSandbox, NamespaceSandbox, find_bubblewrap
from mge_resources.sandbox.landlocked import LandlockSandbox
from mge_resources.sandbox.packages import PackagedSandbox
from mge_resources.sandbox.port import Sandbox, SandboxJob, SandboxOutcome, SandboxUnavailableError
from mge_resources.sandbox.probe import NOT_PROMISED, Promise, self_test
from mge_resources.sandbox.seatbelt import SeatbeltSandbox, find_sandbox_exec

CHOICES = ("auto", "bwrap", "namespaces", "off")
REFUSED = "refused"
_FIX = (
    "install bubblewrap, or allow unprivileged user namespaces"
    " (sysctl kernel.apparmor_restrict_unprivileged_userns=0, in Docker --security-opt seccomp=unconfined --security-opt systempaths=unconfined)"
)
_LESS_FIX = ", or, as an ordinary user on Linux 6.12 or later, accept the weaker Landlock by MGE_SANDBOX_LANDLOCK=on"
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


def _candidates(choice: str, *, landlock: bool) -> Iterator[Sandbox]:
    """In the order of preference; macOS has its own. Root prefers direct calls, which mount before they drop the uid; bubblewrap drops it first."""
    if sys.platform == "darwin":
        if choice == "auto" and (tool := find_sandbox_exec()):
            yield SeatbeltSandbox(tool)
        return
    program = find_bubblewrap() if choice in {"auto", "bwrap"} else None
    wrapped: list[Sandbox] = [BubblewrapSandbox(program)] if program else []
    direct: list[Sandbox] = [NamespaceSandbox()] if choice in {"auto", "namespaces"} else []
    yield from direct + wrapped if os.geteuid() == 0 else wrapped + direct
    if landlock and choice == "auto":
        yield LandlockSandbox()


def _fix(isolation: str, error: str, *, landlock: bool) -> str:
    """How to mend what this isolation was refused for."""
    if ";" in error:
        return ""
    return f"; {_WRAPPED_FIX if isolation == 'bwrap' else _FIX}{'' if landlock else _LESS_FIX}"


@cache
def _proven(choice: str, *, landlock: bool) -> Sandbox:
    if not sys.platform.startswith(("linux", "darwin")):
        return NoSandbox(f"there is no sandbox for {sys.platform} yet, so code is not run; use Linux")
    wanted = "sandbox-exec" if sys.platform == "darwin" else "bubblewrap"
    reason = f"{wanted} is not there; install it or set MGE_SANDBOX=auto"
    for sandbox in _candidates(choice, landlock=landlock):
        try:
            _promises[choice] = self_test(sandbox)
        except SandboxUnavailableError as error:
            reason = f"no sandbox here: {error}{_fix(sandbox.isolation, str(error), landlock=landlock)}"
        else:
            return sandbox
    return NoSandbox(reason)


class ProvenSandbox:
    """The chosen sandbox; the self-test is run when it is first needed, and once in a process."""

    def __init__(self, choice: str, *, landlock: bool = False) -> None:
        self._choice, self._landlock = choice, landlock

    @property
    def isolation(self) -> str:
        """``bwrap``, ``namespaces`` or ``landlock``; ``refused`` where none works."""
        return self._sandbox().isolation

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Run one job to its end. Raises SandboxUnavailableError, or ValueError for a file name that climbs out."""
        return self._sandbox().run(job)

    def promises(self) -> tuple[Promise, ...]:
        """What the self-test proved here; nothing where no sandbox works."""
        self._sandbox()
        return _promises.get(self._choice, ())

    def not_promised(self) -> str:
        """What the isolation that was chosen does not promise; nothing where it promises all."""
        return NOT_PROMISED.get(self.isolation, "")

    def _sandbox(self) -> Sandbox:
        with _probing:
            return _proven(self._choice, landlock=self._landlock)


def open_sandbox(choice: str = "auto", *, landlock: bool = False, packages: str = "") -> Sandbox:
    """The sandbox of the setting: ``auto``, ``bwrap``, ``namespaces``, or ``off``, which never runs anything. Raises ValueError.

    ``landlock`` lets ``auto`` take that weaker isolation where the machine refuses the others, and not to root. ``packages`` are the project's, as the
    setting names them.
    """
    if choice not in CHOICES:
        raise ValueError(f"sandbox {choice!r} is unknown; use one of {', '.join(CHOICES)}")
    if choice == "off":
        return NoSandbox("the sandbox is switched off, so code is not run; set MGE_SANDBOX=auto")
    proven, folders = ProvenSandbox(choice, landlock=landlock), read_packages(packages)
    return PackagedSandbox(proven, folders) if folders else proven
