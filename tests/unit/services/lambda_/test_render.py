"""Output shapes know every member that the model has for them."""

from __future__ import annotations

import msgspec
import pytest

from lambent.model.function import CodePackage, FunctionVersion, LayerUse, LoggingConfig, State, UpdateStatus
from lambent.services.lambda_ import render
from lambent.services.lambda_.layer_repository import LayerVersion
from lambent.services.lambda_.repository import Alias
from lambent.wire.model import load

VERSION = FunctionVersion(
    account="000000000000",
    region="us-east-1",
    name="f",
    version="1",
    arn="arn:aws:lambda:us-east-1:000000000000:function:f:1",
    revision_id="r",
    role="arn:aws:iam::000000000000:role/r",
    runtime="python3.12",
    handler="a.b",
    code=CodePackage(digest="00" * 32, size=1, unpacked_size=2),
    last_modified=0.9996,
    logging=LoggingConfig("/aws/lambda/f"),
    variables={"A": "1"},
    state=State.ACTIVE,
)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("status", UpdateStatus)
def test_every_member_is_in_the_model(state: State, status: UpdateStatus) -> None:
    version = msgspec.structs.replace(
        VERSION,
        state=state,
        state_reason="r",
        state_reason_code="Creating",
        last_update_status=status,
        last_update_reason="r",
        last_update_reason_code="Creating",
    )
    members = load("lambda").operations["GetFunctionConfiguration"].output.members  # type: ignore[union-attr]
    assert render.configuration(version, "1").keys() <= members.keys()


def test_qualified() -> None:
    assert render.configuration(VERSION, "1")["FunctionArn"] == VERSION.arn
    assert render.configuration(VERSION, "live")["FunctionArn"] == VERSION.arn[:-1] + "live"
    assert render.configuration(VERSION)["FunctionArn"] == VERSION.arn[:-2]


def test_listings_leave_out_the_state() -> None:
    left_out = render.configuration(VERSION, "1").keys() - render.listed(VERSION, "1").keys()
    assert left_out == {"State", "LastUpdateStatus"}


def test_the_revision_is_the_latest_of_both() -> None:
    touched = msgspec.structs.replace(VERSION, touched_id="later")
    assert render.configuration(VERSION)["RevisionId"] == "r"
    assert render.configuration(touched)["RevisionId"] == "later"


@pytest.mark.parametrize("weights", [{}, {"2": 0.25}])
def test_alias(weights: dict[str, float]) -> None:
    shown = render.alias(Alias("live", "1", "r", "d", weights), "arn")
    members = load("lambda").operations["GetAlias"].output.members  # type: ignore[union-attr]
    assert shown.keys() <= members.keys()
    assert shown.get("RoutingConfig") == ({"AdditionalVersionWeights": weights} if weights else None)


def test_layers() -> None:
    package = CodePackage(digest="00" * 32, size=7, unpacked_size=8)
    version = LayerVersion("l", 3, package, 1.5, "d", ["python3.12"], ["arm64"], "MIT")
    shown = render.layer_version(version, "arn")
    listing = load("lambda").operations["ListLayerVersions"].output
    assert listing is not None
    assert shown.keys() == listing.members["LayerVersions"].member.members.keys()
    assert shown["LayerVersionArn"] == "arn:3"
    using = msgspec.structs.replace(VERSION, layers=(LayerUse("arn:3", package),))
    assert render.configuration(using)["Layers"] == [{"Arn": "arn:3", "CodeSize": 7}]


def test_logging() -> None:
    config = LoggingConfig("g", "JSON", "DEBUG", "WARN")
    assert render.logging_config(config) == {
        "LogFormat": "JSON",
        "LogGroup": "g",
        "ApplicationLogLevel": "DEBUG",
        "SystemLogLevel": "WARN",
    }


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.9996, "1970-01-01T00:00:00.999+0000"), (1_790_000_000, "2026-09-21T14:13:20.000+0000")]
)
def test_timestamp(seconds: float, text: str) -> None:
    assert render.timestamp(seconds) == text


def test_code_sha256() -> None:
    assert render.code_sha256(VERSION.code) == "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
