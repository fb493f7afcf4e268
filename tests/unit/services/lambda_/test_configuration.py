"""From parameters to a version."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.clock import MovableClock, RandomIds
from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.model.function import CodePackage, LoggingConfig, State
from lambent.services.lambda_ import configuration

CTX = Context("0" * 12, "us-east-1", Principal("0" * 12, "arn:aws:iam::x:root", "A"), "id", MovableClock(), RandomIds())
CODE = CodePackage(digest="00" * 32, size=1, unpacked_size=2)
BASE = {"Role": "r", "Runtime": "python3.12", "Handler": "a.b"}


def created(**params: Any) -> Any:
    return configuration.created(CTX, {**BASE, **params}, "f", CODE, "x86_64")


def test_defaults() -> None:
    version = created()
    assert version.arn == "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST"
    assert (version.timeout, version.memory_mb, version.ephemeral_mb, version.description) == (3, 128, 512, "")
    assert version.logging == LoggingConfig("/aws/lambda/f")
    assert (version.state, version.tracing, version.architecture) == (State.PENDING, "PassThrough", "x86_64")


def test_everything_that_can_be_said() -> None:
    version = created(
        Description="d",
        Timeout=7,
        MemorySize=256,
        EphemeralStorage={"Size": 600},
        Environment={"Variables": {"A": "1"}},
        LoggingConfig={"LogFormat": "JSON", "LogGroup": "g", "SystemLogLevel": "WARN"},
    )
    assert (version.description, version.timeout, version.memory_mb, version.ephemeral_mb) == ("d", 7, 256, 600)
    assert version.variables == {"A": "1"}
    assert version.logging == LoggingConfig("g", "JSON", "INFO", "WARN")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, LoggingConfig("g", "JSON", "DEBUG", "INFO")),
        ({"LoggingConfig": {"SystemLogLevel": "WARN"}}, LoggingConfig("g", "JSON", "DEBUG", "WARN")),
        ({"LoggingConfig": {"LogFormat": "Text"}}, LoggingConfig("g")),
        ({"LoggingConfig": {"LogGroup": "h"}}, LoggingConfig("h", "JSON", "DEBUG", "INFO")),
    ],
)
def test_logging_is_changed_by_what_is_named(params: dict[str, Any], expected: LoggingConfig) -> None:
    before = created(LoggingConfig={"LogFormat": "JSON", "LogGroup": "g", "ApplicationLogLevel": "DEBUG"})
    assert configuration.changed(before, params).logging == expected


def test_variables_stay_unless_they_are_named() -> None:
    before = created(Environment={"Variables": {"A": "1"}})
    assert configuration.changed(before, {"Timeout": 4}).variables == {"A": "1"}
    assert configuration.changed(before, {"Environment": {}}).variables == {}


def test_check_looks_at_the_format_that_will_be() -> None:
    json_format = LoggingConfig("g", "JSON", "INFO", "INFO")
    configuration.check({"LoggingConfig": {"SystemLogLevel": "WARN"}}, json_format)
    for params, so_far in (
        ({"LoggingConfig": {"SystemLogLevel": "WARN"}}, None),
        ({"LoggingConfig": {"SystemLogLevel": "WARN"}}, LoggingConfig("g")),
        ({"LoggingConfig": {"SystemLogLevel": "WARN", "LogFormat": "Text"}}, json_format),
        ({"Runtime": "go1.x"}, None),
        ({"Timeout": 901}, None),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, None),
    ):
        with pytest.raises(ApiError):
            configuration.check(params, so_far)
