"""Which of a function's events its application log level lets through. Pure.

An event has a level if it is a JSON object that names one, and has a time as RFC 3339 writes it; all others count as
INFO. Runtime clients ask their loggers first; what is printed is judged here alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from lambent.model.function import LoggingConfig

Wanted = Callable[[str], bool]
"""Whether an event is logged."""

_RANKS: Final = {
    "TRACE": 0,
    "DEBUG": 1,
    "INFO": 2,
    "INFORMATION": 2,
    "WARN": 3,
    "WARNING": 3,
    "ERROR": 4,
    "FATAL": 5,
    "CRITICAL": 5,
}
_INFO = _RANKS["INFO"]
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)")


class _Said(msgspec.Struct):
    """What managed runtimes call the two."""

    level: object = None
    log_level: object = None
    Level: object = None
    LogLevel: object = None
    timestamp: object = None
    Timestamp: object = None
    time: object = None


_decode = msgspec.json.Decoder(_Said).decode


def wanted(logging: LoggingConfig) -> Wanted | None:
    """What lets events through; None for all of them, as with the text format."""
    least = _RANKS[logging.application_level or "INFO"]
    if logging.log_format != "JSON" or least == 0:
        return None
    return lambda event: _rank(event) >= least


def _rank(event: str) -> int:
    if not event.startswith("{"):
        return _INFO
    try:
        said = _decode(event)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        return _INFO
    at = said.timestamp or said.Timestamp or said.time
    level = said.level or said.log_level or said.Level or said.LogLevel
    if not isinstance(level, str) or not isinstance(at, str) or _TIME.fullmatch(at) is None:
        return _INFO
    return _RANKS.get(level.upper(), _INFO)
