"""Where the launcher begins: isolated already, or isolating itself by direct system calls.

The latter: new namespaces, a new root, another uid, and a first process that takes everything with it when it ends.
"""

import contextlib
import os
import signal
import sys
from typing import Any

from mge_resources.sandbox.launcher import groups, identity, inside, job, kernel, mounts, report
from mge_resources.sandbox.launcher.place import OwnNamespaces
from mge_resources.sandbox.launcher.streams import Streams, from_words

_OTHERS = kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS


class Steps:
    """The step that is being taken, so that an error can say which one the machine refused."""

    def __init__(self, streams: Streams) -> None:
        self.streams, self.now = streams, "start"

    def refuse(self, error: Exception) -> None:
        """Put the step and what went wrong into the report."""
        report.tell(self.streams.channel, "refused", step=self.now, message=str(error))


def _first_process(spec: dict[str, Any], files: dict[str, bytes], steps: Steps, *, other_uid: bool) -> None:
    """Process 1 of the namespace: build the root, give up all rights, run the job. When it ends the kernel ends all others."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # process 1 is deaf to signals without a handler
    kernel.die_with_parent(signal.SIGKILL)
    steps.now = "the file system"
    mounts.build_root(spec["binds"], spec["links"], spec["work_bytes"])
    steps.now = "dropping rights"
    identity.forbid_user_namespaces()
    kernel.set_hostname("sandbox")
    kernel.raise_loopback()
    identity.become_nobody(other_uid=other_uid)
    kernel.die_with_parent(signal.SIGKILL)  # again: the change of uid cleared it
    steps.now = "the job"
    inside.run(spec, files, steps.streams, OwnNamespaces())


def _supervise(first: int) -> None:
    """Wait for process 1; on SIGTERM kill it first, so that nothing is left when we end."""

    def kill(*_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(first, signal.SIGKILL)

    signal.signal(signal.SIGTERM, kill)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))
    while True:
        with contextlib.suppress(ChildProcessError):
            if os.wait()[0] != first:
                continue
        return


def isolate(streams: Streams) -> None:
    """Isolate this process by direct system calls and run the job that the streams bring. What the machine refuses goes into the report."""
    steps = Steps(streams)
    try:
        streams.lift()
        spec, files = job.read(streams.job)
        steps.now = "the control group"
        groups.enter(spec["groups"])
        _isolate(spec, files, steps)
    except OSError as error:
        steps.refuse(error)


def _isolate(spec: dict[str, Any], files: dict[str, bytes], steps: Steps) -> None:
    steps.now = "a user namespace"
    other_uid = identity.enter_user_namespace()
    steps.now = "mount, process, network, IPC and UTS namespaces"
    kernel.unshare(_OTHERS)
    kernel.die_with_parent(signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))  # until there is somebody to kill
    first = os.fork()
    if first:
        steps.streams.close()
        _supervise(first)
        return
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))
    try:
        _first_process(spec, files, steps, other_uid=other_uid)
    except OSError as error:
        steps.refuse(error)
    finally:
        os._exit(0)


def main_direct() -> None:
    """Entry: isolate ourselves and run the job; the streams' numbers are the last arguments."""
    isolate(from_words(sys.argv))


def main_inside() -> None:
    """Entry for a launcher that isolated us already (bubblewrap): only run the job."""
    streams = from_words(sys.argv)
    try:
        streams.lift()
        spec, files = job.read(streams.job)
        kernel.no_new_privileges()
        kernel.hide_from_ptrace()
        inside.run(spec, files, streams, OwnNamespaces())
    except OSError as error:
        report.tell(streams.channel, "refused", step="the job", message=str(error))
