"""Delivery: atoms become files, files become a folder with a git history, and a report tells what happened.

What belongs here: which files a plan delivers (``project``), writing them so that a crash never leaves half of them
(``deliver``), and the self-contained HTML report (``report``, ``render``). What does not: reading results from the database.
"""

from mge_assets.stages.delivery.deliver import Delivery, check_folder, deliver
from mge_assets.stages.delivery.project import AcceptanceTests, Element, ProjectFile, assemble, project_files
from mge_assets.stages.delivery.render import report_html
from mge_assets.stages.delivery.report import (
    AtomRow,
    DeliveryReport,
    FileRow,
    LevelRow,
    MeasureRow,
    ModelCost,
    NamedFinding,
    ReviewRow,
    StageTime,
    WaveRow,
)

__all__ = [
    "AcceptanceTests",
    "AtomRow",
    "Delivery",
    "DeliveryReport",
    "Element",
    "FileRow",
    "LevelRow",
    "MeasureRow",
    "ModelCost",
    "NamedFinding",
    "ProjectFile",
    "ReviewRow",
    "StageTime",
    "WaveRow",
    "assemble",
    "check_folder",
    "deliver",
    "project_files",
    "report_html",
]
