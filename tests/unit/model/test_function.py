"""A function version as it is stored."""

from __future__ import annotations

import msgspec
import pytest

from lambent.model.function import LATEST, CodePackage, FunctionVersion, LoggingConfig, State, UpdateStatus

ARN = "arn:aws:lambda:us-east-1:000000000000:function:resize"
LATEST_VERSION = FunctionVersion(
    account="000000000000",
    region="us-east-1",
    name="resize",
    version=LATEST,
    arn=f"{ARN}:{LATEST}",
    revision_id="7c9e6679-7425-40de-944b-e07fc1f90ae7",
    role="arn:aws:iam::000000000000:role/r",
    runtime="python3.12",
    handler="app.handler",
    code=CodePackage(digest="0" * 64, size=10, unpacked_size=20),
    last_modified=1795000000.125,
    logging=LoggingConfig(log_group="/aws/lambda/resize"),
)


@pytest.mark.parametrize("version", [LATEST, "1", "42"])
def test_the_functions_arn_is_the_versions_without_the_version(version: str) -> None:
    assert msgspec.structs.replace(LATEST_VERSION, version=version, arn=f"{ARN}:{version}").function_arn == ARN


def test_what_is_stored_is_read_back() -> None:
    version = msgspec.structs.replace(
        LATEST_VERSION, variables={"KEY": "välue"}, state=State.FAILED, last_update_status=UpdateStatus.IN_PROGRESS
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(version), type=FunctionVersion) == version


def test_a_record_of_an_older_lambent_gets_the_defaults() -> None:
    required = {field.name for field in msgspec.structs.fields(FunctionVersion) if field.required}
    record = {name: value for name, value in msgspec.to_builtins(LATEST_VERSION).items() if name in required}
    assert msgspec.convert(record, FunctionVersion) == LATEST_VERSION


def test_a_record_that_is_none_is_refused() -> None:
    broken = msgspec.to_builtins(LATEST_VERSION) | {"state": "Sleeping"}
    with pytest.raises(msgspec.ValidationError, match="Sleeping"):
        msgspec.convert(broken, FunctionVersion)


def test_the_defaults_are_lambdas() -> None:
    fresh = LATEST_VERSION
    assert (fresh.timeout, fresh.memory_mb, fresh.ephemeral_mb) == (3, 128, 512)
    assert (fresh.state, fresh.last_update_status, fresh.tracing) == ("Pending", "Successful", "PassThrough")
    assert (fresh.logging.log_format, fresh.logging.application_level) == ("Text", None)


def test_versions_do_not_share_their_variables() -> None:
    other = msgspec.convert(msgspec.to_builtins(LATEST_VERSION), FunctionVersion)
    assert other.variables == LATEST_VERSION.variables and other.variables is not LATEST_VERSION.variables
