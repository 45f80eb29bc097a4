"""Two jobs at once, each in a sandbox of its own, with a socket between them and nothing else."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from mge_resources.sandbox.port import SandboxJob, SandboxOutcome

_SECONDS_LONGER = 5.0


def run_pair(run: Callable[[SandboxJob], SandboxOutcome], job: SandboxJob, partner: SandboxJob) -> SandboxOutcome:
    """Run both by ``run``; the outcome is the job's own. The partner may take a little longer. Raises what ``run`` raises."""
    ours, theirs = socket.socketpair()
    longer = replace(partner.limits, wall_seconds=job.limits.wall_seconds + _SECONDS_LONGER)
    with ThreadPoolExecutor(1) as pool:
        beside = pool.submit(_linked, run, replace(partner, limits=longer), theirs)
        outcome = _linked(run, replace(job, partner=None), ours)
        beside.result()
    return outcome


def _linked(run: Callable[[SandboxJob], SandboxOutcome], job: SandboxJob, end: socket.socket) -> SandboxOutcome:
    """Run the job with this end of the socket; it is closed afterwards, so that the other side sees the end."""
    with end:
        return run(replace(job, link=end.fileno()))
