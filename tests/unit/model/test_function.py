"""A version survives storage unchanged and knows the ARN of its function."""

from __future__ import annotations

import msgspec
import pytest

from lambent.model.function import CodePackage, FunctionVersion, LoggingConfig, State

VERSION = FunctionVersion(
    account="000000000000",
    region="us-east-1",
    name="f",
    version="3",
    arn="arn:aws:lambda:us-east-1:000000000000:function:f:3",
    revision_id="r",
    role="arn:aws:iam::000000000000:role/r",
    runtime="python3.12",
    handler="m.h",
    code=CodePackage(digest="0" * 64, size=1, unpacked_size=2),
    last_modified=1.5,
    logging=LoggingConfig(log_group="/aws/lambda/f"),
    state=State.ACTIVE,
    variables={"A": "1"},
)


def test_storage_changes_nothing() -> None:
    stored = msgspec.msgpack.encode(VERSION)
    assert msgspec.msgpack.decode(stored, type=FunctionVersion) == VERSION


def test_the_function_arn_has_no_version() -> None:
    assert VERSION.function_arn == "arn:aws:lambda:us-east-1:000000000000:function:f"


def test_a_version_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        VERSION.memory_mb = 1  # type: ignore[misc]
