"""What Dagster loads: the pipeline's definitions. Importing this opens nothing and reads no environment."""

from mge_assets.defs.wiring import build_definitions

__all__ = ["build_definitions", "defs"]

defs = build_definitions()
