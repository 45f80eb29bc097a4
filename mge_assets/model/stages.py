"""The eight stages, in the order in which data walks through them.

The same names are the folders under ``stages``, the asset groups in Dagster and the columns of every report.
"""

from enum import StrEnum


class Stage(StrEnum):
    """One of the eight stages of the pipeline."""

    PLANNING = "planning"
    DRAFTING = "drafting"
    ATOMIZATION = "atomization"
    DEPENDENCY = "dependency"
    GENERATION = "generation"
    VALIDATION = "validation"
    REVIEW = "review"
    DELIVERY = "delivery"
