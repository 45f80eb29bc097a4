"""Findings on ``requirements``: what neither pip nor, in a plan with TypeScript or JavaScript, npm would take."""

import re
from collections.abc import Callable, Iterator

from packaging.requirements import InvalidRequirement, Requirement

from mge_assets.model.errors import Place
from mge_assets.model.findings import Finding, Severity
from mge_assets.model.masterplan import Masterplan
from mge_resources.syntax import SCRIPTS, detect_language

_NPM = re.compile(r"(?:@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*(?:@[\^~<>=]*[0-9a-z][0-9a-z.*x-]*)?")


def requirement_findings(plan: Masterplan, locate: Callable[..., Place]) -> Iterator[Finding]:
    """A warning for each requirement that can't be read."""
    npm = any((task.language or detect_language(task.file)) in SCRIPTS for task in plan.tasks)
    for index, text in enumerate(plan.requirements):
        problem = _problem(text)
        if problem and not (npm and _NPM.fullmatch(text)):
            message = f"requirement {text!r} is not one that pip takes ({problem})"
            yield Finding("plan.requirement", Severity.WARNING, message, "write it as `name>=1.2`", locate("requirements", index))


def _problem(text: str) -> str | None:
    try:
        Requirement(text)
    except InvalidRequirement as error:
        return str(error).splitlines()[0].rstrip(".")
    return None
