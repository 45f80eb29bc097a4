"""Planning: a plan file becomes a checked Masterplan, and an existing repository becomes a plan file.

What belongs here: the plan file's form (``loading``, ``schema``), whether its parts fit together (``lint``), and importing.
What does not: reading drafts (drafting), and anything that the plan's code means (atomization and later stages).
"""

from mge_assets.stages.planning.file_names import path_problem
from mge_assets.stages.planning.import_files import default_plan_path, write_import
from mge_assets.stages.planning.importing import ImportedPlan, import_repository
from mge_assets.stages.planning.lint import check, lint
from mge_assets.stages.planning.loading import PLAN_ENDINGS, LoadedPlan, load_masterplan, parse_masterplan
from mge_assets.stages.planning.schema import masterplan_schema
from mge_assets.stages.planning.writing import dump_json, dump_yaml

__all__ = [
    "PLAN_ENDINGS",
    "ImportedPlan",
    "LoadedPlan",
    "check",
    "default_plan_path",
    "dump_json",
    "dump_yaml",
    "import_repository",
    "lint",
    "load_masterplan",
    "masterplan_schema",
    "parse_masterplan",
    "path_problem",
    "write_import",
]
