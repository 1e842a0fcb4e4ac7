"""Structured logs, one JSON object a line, without patient data."""

import logging
import sys
import warnings
from collections.abc import MutableMapping
from typing import Any

import structlog

_NEVER = frozenset({"patient", "patient_name", "name", "birth_on", "payload", "body", "content"})


def _redact(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank what must never be logged, should someone have passed it."""
    for key in _NEVER & entry.keys():
        entry[key] = "[redacted]"
    return entry


def configure(level: str, process: str) -> None:
    """Log to standard error from now on, each line saying which process speaks."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # it quotes the values it dislikes
    logging.getLogger("pynetdicom").setLevel(logging.ERROR)
    warnings.simplefilter("ignore", UserWarning)
    structlog.configure(
        processors=[
            lambda _, __, entry: {"process": process, **entry},
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redact,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
