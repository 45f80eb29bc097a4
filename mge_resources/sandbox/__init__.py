"""Runs untrusted code under limits and says under which isolation it ran. Knows nothing of atoms."""

from mge_resources.sandbox.choice import open_sandbox
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob, SandboxOutcome, SandboxUnavailableError

__all__ = ["Limits", "Sandbox", "SandboxJob", "SandboxOutcome", "SandboxUnavailableError", "open_sandbox"]
