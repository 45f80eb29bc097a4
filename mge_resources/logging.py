"""Structured logs: one JSON object a line, in ``<MGE_HOME>/logs/mge.jsonl``; 10 files of 10 MB are kept.

A logger is bound to what its lines are about (plan, wave, atom, mode), so that a line can be found by any of them.
"""

import logging
import logging.handlers
from pathlib import Path
from typing import Any, cast

import structlog
from structlog.typing import FilteringBoundLogger

MAX_BYTES = 10 << 20
KEPT_FILES = 10

_PROCESSORS: list[Any] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
]


def open_log(folder: Path, **bound: object) -> FilteringBoundLogger:
    """A logger that writes into a folder's ``mge.jsonl``; ``bound`` goes on every line. Raises OSError where it can't be written."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mge.jsonl"
    sink = logging.getLogger(f"mge.log.{path}")
    if not sink.handlers:
        handler = logging.handlers.RotatingFileHandler(path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8", delay=True)
        handler.setFormatter(logging.Formatter("%(message)s"))
        sink.addHandler(handler)
        sink.setLevel(logging.INFO)
        sink.propagate = False
    wrapped = structlog.wrap_logger(sink, processors=_PROCESSORS, wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    return cast("FilteringBoundLogger", wrapped.bind(**bound))


def close_log(folder: Path) -> None:
    """Close the file that ``open_log`` writes into."""
    sink = logging.getLogger(f"mge.log.{folder / 'mge.jsonl'}")
    for handler in list(sink.handlers):
        handler.close()
        sink.removeHandler(handler)
