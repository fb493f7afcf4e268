"""Provisioned concurrency through boto3: environments that are initialized before anybody calls."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lambent.cli.local_server import LocalServer
from tests.api.conftest import Server, package, parameters
from tests.api.test_managed import active, managed, meet, scale

SOURCE = """
import os, time

def handler(event, context):
    time.sleep(event.get("seconds", 0))
    return [os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], context.function_version, context.log_stream_name]
"""
BROKEN = "raise RuntimeError('not today')"
PATIENCE_SECONDS = 60


def settled(aws: Any, name: str, qualifier: str) -> dict[str, Any]:
    """The configuration once its allocation is over."""
    over = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = aws.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)
        if found["Status"] != "IN_PROGRESS":
            return {key: found[key] for key in found if key not in ("ResponseMetadata", "LastModified")}
        assert time.monotonic() < over, found
        time.sleep(0.02)


def call(aws: Any, name: str, qualifier: str, **event: Any) -> list[str]:
    answer = aws.invoke(FunctionName=name, Qualifier=qualifier, Payload=json.dumps(event))
    return list(json.load(answer["Payload"]))


def put(aws: Any, name: str, qualifier: str, count: int) -> dict[str, Any]:
    return dict(
        aws.put_provisioned_concurrency_config(
            FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=count
        )
    )


def ready(count: int) -> dict[str, Any]:
    return {
        "RequestedProvisionedConcurrentExecutions": count,
        "AllocatedProvisionedConcurrentExecutions": count,
        "AvailableProvisionedConcurrentExecutions": count,
        "Status": "READY",
    }


def test_initialized_before_anybody_calls_and_moved_with_the_alias(
    aws: Any, name: str, create: Callable[..., Any]
) -> None:
    create(name, SOURCE, Publish=True)
    aws.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="1", WaiterConfig={"Delay": 0})
    aws.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    asked = put(aws, name, "live", 1)
    assert (asked["ResponseMetadata"]["HTTPStatusCode"], asked["Status"]) == (202, "IN_PROGRESS")
    assert settled(aws, name, "live") == ready(1)
    first = call(aws, name, "live")
    assert first[:2] == ["provisioned-concurrency", "1"]
    assert call(aws, name, "live") == first
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda _: call(aws, name, "live", seconds=1), range(2)))
    assert sorted(answer[0] for answer in both) == ["on-demand", "provisioned-concurrency"]

    aws.update_function_code(FunctionName=name, ZipFile=package(SOURCE + "\n"), Publish=True)
    aws.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="2", WaiterConfig={"Delay": 0})
    aws.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    assert settled(aws, name, "live") == ready(1)
    assert call(aws, name, "live")[:2] == ["provisioned-concurrency", "2"]
    aws.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    assert aws.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"] == []
    assert call(aws, name, "live")[0] == "on-demand"


def test_a_function_that_fails_in_its_init(aws: Any, name: str, create: Callable[..., Any]) -> None:
    create(name, BROKEN, Publish=True)
    aws.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="1", WaiterConfig={"Delay": 0})
    put(aws, name, "1", 1)
    assert settled(aws, name, "1") == {
        "RequestedProvisionedConcurrentExecutions": 1,
        "AllocatedProvisionedConcurrentExecutions": 0,
        "AvailableProvisionedConcurrentExecutions": 0,
        "Status": "FAILED",
        "StatusReason": "FUNCTION_ERROR_INIT_FAILURE",
    }


def test_what_is_kept_ready_is_there_again_after_a_crash(directory: Path, name: str) -> None:
    with LocalServer(directory) as process:
        aws = Server(process).client()
        aws.create_function(**parameters(name, SOURCE, Publish=True))
        aws.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="1", WaiterConfig={"Delay": 0})
        before = put(aws, name, "1", 2)
        aws.create_function(**managed(aws, "m"))
        active(aws, "m")
        scale(aws, "m", 1, 1)
        process.crash()
    with LocalServer(directory) as process:
        aws = Server(process).client()
        assert len(meet(aws, "m", "again")) == 3
        provider = aws.get_capacity_provider(CapacityProviderName="m")["CapacityProvider"]
        assert aws.list_tags(Resource=provider["CapacityProviderArn"])["Tags"] == {"team": "t"}
        assert settled(aws, name, "1") == ready(2)
        assert call(aws, name, "1")[0] == "provisioned-concurrency"
        again = aws.get_provisioned_concurrency_config(FunctionName=name, Qualifier="1")
        assert again["LastModified"] == before["LastModified"]
        assert aws.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 998
