"""Managed instances through boto3: a capacity provider, a function on it, several invocations in one environment."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.api.conftest import ROLE, parameters
from tests.e2e.test_managed import PYTHON

PLACE = {
    "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": []},
    "PermissionsConfig": {"CapacityProviderOperatorRoleArn": ROLE},
}


def managed(aws: Any, name: str, **more: Any) -> dict[str, Any]:
    """What a function needs to run on a new capacity provider."""
    made = aws.create_capacity_provider(CapacityProviderName=name, Tags={"team": "t"}, **PLACE)["CapacityProvider"]
    instances = {"CapacityProviderArn": made["CapacityProviderArn"], "PerExecutionEnvironmentMaxConcurrency": 3}
    return parameters(
        name,
        PYTHON,
        Runtime="python3.13",
        MemorySize=2048,
        CapacityProviderConfig={"LambdaManagedInstancesCapacityProviderConfig": instances},
        PublishTo="LATEST_PUBLISHED",
        **more,
    )


def scale(aws: Any, name: str, least: int, most: int) -> str:
    config = {"MinExecutionEnvironments": least, "MaxExecutionEnvironments": most}
    answer = aws.put_function_scaling_config(
        FunctionName=name, Qualifier="$LATEST.PUBLISHED", FunctionScalingConfig=config
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    return str(answer["FunctionState"])


def active(aws: Any, name: str) -> None:
    waiter = aws.get_waiter("published_version_active")
    waiter.wait(FunctionName=name, Qualifier="$LATEST.PUBLISHED", WaiterConfig={"Delay": 0.05, "MaxAttempts": 400})


def meet(aws: Any, name: str, meeting: str) -> list[dict[str, Any]]:
    """Three invocations that end when all three are there."""

    def call(number: int) -> dict[str, Any]:
        event = {"meeting": meeting, "name": str(number), "guests": 3}
        return dict(json.load(aws.invoke(FunctionName=name, Payload=json.dumps(event))["Payload"]))

    with ThreadPoolExecutor() as pool:
        return list(pool.map(call, range(3)))


def test_from_the_capacity_provider_to_what_meets_in_one_environment(
    aws: Any, name: str, zipped: Callable[..., bytes]
) -> None:
    made = aws.create_function(**managed(aws, name))
    assert made["FunctionArn"].endswith(f":{name}")
    active(aws, name)
    assert scale(aws, name, 1, 1) == "Active"
    answers = meet(aws, name, "first")
    assert len({answer["stream"] for answer in answers}) == 1
    assert len({answer["pid"] for answer in answers}) == 3
    versions = aws.list_function_versions_by_capacity_provider(CapacityProviderName=name)["FunctionVersions"]
    assert [each["FunctionArn"].rpartition(":")[2] for each in versions] == ["$LATEST", "$LATEST.PUBLISHED"]
    assert [each["CapacityProviderArn"] for each in aws.list_capacity_providers(State="Active")["CapacityProviders"]]

    applied = aws.get_function_scaling_config(FunctionName=name, Qualifier="$LATEST.PUBLISHED")
    assert applied["AppliedFunctionScalingConfig"] == {"MinExecutionEnvironments": 1, "MaxExecutionEnvironments": 1}

    aws.update_function_code(FunctionName=name, ZipFile=zipped(PYTHON + "\n"), PublishTo="LATEST_PUBLISHED")
    active(aws, name)
    assert meet(aws, name, "second")[0]["stream"] != answers[0]["stream"]
    assert scale(aws, name, 0, 0) == "Deactivated"
    aws.delete_function(FunctionName=name)
    assert aws.delete_capacity_provider(CapacityProviderName=name)["CapacityProvider"]["State"] == "Deleting"
