"""What the application log level lets through: AWS's own examples, and what is no level."""

from __future__ import annotations

import pytest

from lambent.invoke.levels import wanted
from lambent.model.function import LoggingConfig

AT = '"timestamp": "2024-11-02T16:51:31.587199Z"'
LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


def least(event: str) -> str:
    """The highest level that lets an event through."""
    asked = [(each, wanted(LoggingConfig("g", "JSON", each, "INFO"))) for each in LEVELS]
    return max((each for each, lets in asked if lets is None or lets(event)), key=LEVELS.index)


@pytest.mark.parametrize(
    ("event", "level"),
    [
        ('{"level": "debug", "msg": "my debug log", "timestamp": "2024-11-02T16:51:31.587199Z"}', "DEBUG"),
        ('{"timestamp": "2026-09-25T12:00:00Z", "level": "ERROR", "message": "x", "requestId": "r"}', "ERROR"),
        ('{"errorMessage": "x", "timestamp": "2026-09-25T12:00:00Z", "log_level": "ERROR"}', "ERROR"),
        ('{"Timestamp": "2026-09-25T12:00:00.1+01:00", "LogLevel": "Warning"}', "WARN"),
        ('{"time": "2026-09-25T12:00:00Z", "level": "TRACE"}', "TRACE"),
        ('{"level": "critical", ' + AT + "}", "FATAL"),
        # No time, or none that can be read: INFO.
        ('{"level": "error"}', "INFO"),
        ('{"level": "debug", "timestamp": "yesterday"}', "INFO"),
        ('{"level": "debug", "timestamp": 5}', "INFO"),
        # No level.
        ("{" + AT + "}", "INFO"),
        ('{"level": "loud", ' + AT + "}", "INFO"),
        ('{"level": 50, ' + AT + "}", "INFO"),
        ('{"level": {"level": "ERROR"}, ' + AT + "}", "INFO"),
        # No object.
        ("printed", "INFO"),
        ("ERROR printed", "INFO"),
        ("{broken", "INFO"),
        ('{"level": "ERROR", "x": "\ud800", ' + AT + "}", "INFO"),
        ('["level"]', "INFO"),
        ("", "INFO"),
        ('{"a":' * 5000, "INFO"),
    ],
)
def test_levels(event: str, level: str) -> None:
    assert least(event) == level


def test_text_has_no_levels() -> None:
    assert wanted(LoggingConfig("g")) is None
    lets = wanted(LoggingConfig("g", "JSON"))
    assert lets is not None and lets("printed") and not lets('{"level": "debug", ' + AT + "}")
