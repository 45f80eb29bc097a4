"""What may be sent to which model, so that each attempt differs where a temperature is no longer taken. The rules are data, in ``policies.yaml``."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from mge_resources.llm.port import ModelRequest

Effort = Literal["low", "medium", "high", "xhigh", "max"]


class _Policy(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    models: str
    version: str | None = None
    temperature: bool = False
    efforts: tuple[Effort, ...] = ()


class _Policies(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    policies: tuple[_Policy, ...]


@dataclass(frozen=True, slots=True)
class Variation:
    """What makes this attempt differ on the wire: body fields, headers, and both in words for the record."""

    body: dict[str, object] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    words: str = ""


@cache
def _policies() -> _Policies:
    return _Policies.model_validate(YAML(typ="safe").load(Path(__file__).with_name("policies.yaml")))


def variation(model: str, request: ModelRequest) -> Variation:
    """What the policy of this model sends for this request."""
    policy = next(policy for policy in _policies().policies if fnmatchcase(model, policy.models))
    headers = {"anthropic-version": policy.version} if policy.version else {}
    if policy.temperature:
        return Variation({"temperature": request.temperature}, headers, f"temperature={request.temperature}")
    if policy.efforts:
        effort = policy.efforts[min(max(request.attempt, 1), len(policy.efforts)) - 1]
        return Variation({"output_config": {"effort": effort}}, headers, f"effort={effort}")
    return Variation({}, headers)
