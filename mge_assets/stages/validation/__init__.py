"""Validation: four levels, from one atom in its file to the whole project; each says what it found and what it could not check.

Pure but for the sandbox that is handed in: ``atomic`` (1), ``task`` (2), ``milestone`` (3), ``masterplan`` (4); ``rules`` holds what
counts as wrong, as data.
"""

from mge_assets.stages.validation.acceptance import run_tests
from mge_assets.stages.validation.atomic import AtomicValidator
from mge_assets.stages.validation.inspection import Inspector
from mge_assets.stages.validation.judging import Grounds
from mge_assets.stages.validation.masterplan import MasterPlanValidator
from mge_assets.stages.validation.milestone import MilestoneValidator
from mge_assets.stages.validation.overrides import respect, stood_by
from mge_assets.stages.validation.project import Project
from mge_assets.stages.validation.promises import Drafts
from mge_assets.stages.validation.strictness import apply_strictness, read_thresholds
from mge_assets.stages.validation.task import TaskValidator

__all__ = [
    "AtomicValidator",
    "Drafts",
    "Grounds",
    "Inspector",
    "MasterPlanValidator",
    "MilestoneValidator",
    "Project",
    "TaskValidator",
    "apply_strictness",
    "read_thresholds",
    "respect",
    "run_tests",
    "stood_by",
]
