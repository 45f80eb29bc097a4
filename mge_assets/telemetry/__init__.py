"""Telemetry: metrics, read from the database whenever they are asked for, so that they survive every process."""

from mge_assets.telemetry.metrics import CONTENT_TYPE, metrics_text

__all__ = ["CONTENT_TYPE", "metrics_text"]
