"""Packages of a project that its code and tests import: folders of this machine that every run sees read-only, beside MGE's own environment."""

from dataclasses import replace

from mge_resources.sandbox.port import Sandbox, SandboxJob, SandboxOutcome


class PackagedSandbox:
    """A sandbox all of whose runs see these package folders."""

    def __init__(self, sandbox: Sandbox, packages: tuple[str, ...]) -> None:
        self._sandbox, self._packages = sandbox, packages

    @property
    def isolation(self) -> str:
        """The isolation behind it."""
        return self._sandbox.isolation

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Run one job to its end. Raises what the sandbox behind it raises."""
        partner = replace(job.partner, packages=self._packages) if job.partner is not None else None
        return self._sandbox.run(replace(job, packages=self._packages, partner=partner))
