"""What the service model does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.invoke.variables import RESERVED
from lambent.model.errors import ApiError
from lambent.runtimes import names
from lambent.services.lambda_ import checks
from lambent.wire.model import load

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


def message(check: Any, *args: Any) -> str:
    with pytest.raises(ApiError) as caught:
        check(*args)
    assert caught.value.code == "InvalidParameterValueException"
    return caught.value.message


def test_a_runtime_that_aws_does_not_have() -> None:
    text = message(checks.known_runtimes, {"Runtime": "python9.9"})
    start = "Value python9.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: ["
    assert text.startswith(start)
    assert text.endswith("] or be a valid ARN")
    assert "python3.14" in text
    assert "python2.7" not in text


def test_every_runtime_of_the_model_is_known() -> None:
    for name in load("lambda").shape("Runtime").traits.enum or ():
        checks.known_runtimes({"Runtime": name})
    checks.known_runtimes({})


@pytest.mark.parametrize("name", [*names.PYTHON, *names.PROVIDED])
def test_runtimes_that_run(name: str) -> None:
    checks.runtime(name)


@pytest.mark.parametrize("name", sorted(names.RETIRED))
def test_retired_runtimes(name: str) -> None:
    assert message(checks.runtime, name) == (
        f"The runtime parameter of {name} is no longer supported for creating or updating AWS Lambda functions."
        " We recommend you use a supported runtime while creating or updating functions."
    )


@pytest.mark.parametrize("name", ["nodejs16.x", "dotnet8", "custom", "python3.15"])
def test_runtimes_not_yet(name: str) -> None:
    assert message(checks.runtime, name) == f"The runtime {name} is not supported by Lambent yet"


def test_quotas() -> None:
    checks.quotas({"Timeout": 900, "MemorySize": 10240, "EphemeralStorage": {"Size": 10240}})
    assert message(checks.quotas, {"Timeout": 901}) == (
        "'Timeout' value failed to satisfy constraint: Member must have value less than or equal to 900"
    )
    assert "less than or equal to 10240" in message(checks.quotas, {"MemorySize": 10241})
    assert "'EphemeralStorage.Size'" in message(checks.quotas, {"EphemeralStorage": {"Size": 10241}})


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_reserved_variables(name: str) -> None:
    assert message(checks.variables, {"FINE": "1", name: "2"}) == (
        "Lambda was unable to configure your environment variables because the environment variables you have provided"
        " contains reserved keys that are currently not supported for modification. Reserved keys used in this"
        f" request: {name}"
    )


def test_variables_of_4_kb() -> None:
    checks.variables({"A": "x" * (4096 - len('{"A":""}'))})
    text = message(checks.variables, {"A": "é" * 2045})
    assert text == (
        "Lambda was unable to configure your environment variables because the environment variables you have provided"
        f' exceeded the 4KB limit. String measured: {{"A":"{"é" * 2045}"}}'
    )


def test_architectures() -> None:
    checks.architectures([], "x86_64")
    checks.architectures(["x86_64"], "x86_64")
    assert message(checks.architectures, ["arm64"], "x86_64") == (
        "The architecture arm64 (this machine is x86_64) is not supported by Lambent yet"
    )


def test_log_levels() -> None:
    checks.log_levels({"SystemLogLevel": "INFO"}, "JSON")
    checks.log_levels({}, "Text")
    assert message(checks.log_levels, {"ApplicationLogLevel": "INFO"}, "Text")


def test_tags() -> None:
    checks.tags({f"k{n}": "" for n in range(50)})
    assert message(checks.tags, {f"k{n}": "" for n in range(51)})
    assert message(checks.tags, {"AWS:x": ""}) == "System tags cannot be added/updated by requester"


EFS = {"Arn": "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0", "LocalMountPath": "/mnt/a"}


def test_networks_are_whole_before_they_are_refused() -> None:
    whole = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    checks.network({})
    checks.network({"VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []}})
    checks.network({"VpcConfig": whole, "FileSystemConfigs": [EFS]})
    checks.network({"FileSystemConfigs": [{"Arn": "arn:aws:s3files:us-east-1:fs", "LocalMountPath": "/mnt/a"}]})
    for name in whole:
        half = {"VpcConfig": {name: whole[name]}}
        assert message(checks.network, half) == "SecurityGroupIds and SubnetIds must be specified together."
    assert message(checks.network, {"FileSystemConfigs": [EFS]}) == (
        "An EFS file system can only be connected to a function that is connected to a VPC."
    )


async def test_and_then_they_are_refused_by_name(world: World) -> None:
    await world.create()
    await world.settled()
    half = {"VpcConfig": {"SubnetIds": ["subnet-1"]}}
    whole = {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}
    for params, text in (
        (half, "SecurityGroupIds and SubnetIds must be specified together."),
        (whole, "VpcConfig is not supported by Lambent yet"),
    ):
        refused = await world.refused("UpdateFunctionConfiguration", FunctionName="f", **params)
        assert refused == ("InvalidParameterValueException", text)
