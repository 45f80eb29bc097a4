"""The pipeline as Dagster sees it: assets a stage, partitions, checks, jobs, schedule, sensors and the executor. Thin.

What belongs here: reading a run's partition, one call of a service, and metadata for whoever looks at the result.
What does not: any rule of the pipeline itself, any SQL, any file written.
"""

import warnings

from dagster import BetaWarning, PreviewWarning

# Dagster is pinned exactly, so what it may change in a later release can't surprise anybody who reads the terminal.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`", category=BetaWarning)
warnings.filterwarnings("ignore", message="Specifying a partitions_def on an AssetCheckSpec", category=PreviewWarning)
