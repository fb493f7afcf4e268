"""Functions and streams as destinations: tried, refused, sent to."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from lambent.clock import RandomIds
from lambent.context import Principal
from lambent.model.errors import ApiError
from lambent.neighbours import errors as neighbour_errors
from lambent.neighbours.acting import Acting
from lambent.observe.log_names import Group
from lambent.services.logs.destinations import Destinations
from lambent.services.logs.records import Subscription
from tests.unit.services.logs.conftest import ACCOUNT, REGION, Outside, World, soon

STREAM = "arn:aws:kinesis:eu-west-1:000000000000:stream/kept"
ROLE = "arn:aws:iam::000000000000:role/logs"
GOOD: dict[str, Any] = {
    "logGroupName": "g",
    "filterName": "n",
    "filterPattern": "",
    "destinationArn": STREAM,
    "roleArn": ROLE,
}


def told(params: Any) -> Any:
    return json.loads(gzip.decompress(params["Data"]))


async def test_a_stream_is_tried_and_then_sent_to(world: World) -> None:
    await world.stream()
    await world.call("PutSubscriptionFilter", **GOOD)
    (shown,) = (await world.call("DescribeSubscriptionFilters", logGroupName="g"))["subscriptionFilters"]
    assert (shown["roleArn"], shown["distribution"]) == (ROLE, "ByLogStream")
    service, operation, params, principal = world.outside.calls[0]
    assert (service, operation, params["StreamName"], principal.arn) == ("kinesis", "PutRecord", "kept", ROLE)
    assert told(params) == {
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [
            {
                "id": "",
                "timestamp": world.now,
                "message": "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.",
            }
        ],
    }
    await world.put("one", "two")
    await soon(lambda: len(world.outside.calls) == 2)
    params = world.outside.calls[1][2]
    assert params["PartitionKey"] == "s"
    data = told(params)
    assert (data["messageType"], data["owner"], data["logGroup"], data["logStream"], data["subscriptionFilters"]) == (
        "DATA_MESSAGE",
        ACCOUNT,
        "g",
        "s",
        ["n"],
    )
    assert [each["message"] for each in data["logEvents"]] == ["one", "two"]


async def test_events_of_a_stream_can_be_spread(world: World) -> None:
    await world.stream()
    await world.call("PutSubscriptionFilter", **GOOD, distribution="Random")
    for number in range(3):
        await world.put(f"{number}")
        await soon(lambda number=number: len(world.outside.calls) == number + 2)
    keys = {params["PartitionKey"] for _, _, params, _ in world.outside.calls[1:]}
    assert len(keys) == 3 and "s" not in keys


async def test_a_full_stream_is_tried_again(world: World) -> None:
    await world.stream()
    await world.call("PutSubscriptionFilter", **GOOD)
    world.outside.answers = [ApiError("ProvisionedThroughputExceededException", "slow"), None]
    await world.put("one")
    await soon(lambda: len(world.outside.calls) == 3)
    assert [told(params)["logEvents"][0]["message"] for _, _, params, _ in world.outside.calls[1:]] == ["one", "one"]


async def test_a_stream_that_nobody_has(world: World) -> None:
    await world.stream()
    world.outside.answers = [neighbour_errors.nowhere("kinesis")]
    assert await world.refused("PutSubscriptionFilter", **GOOD) == (
        "InvalidParameterException",
        "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE"
        " state. There is no kinesis to call: Lambent does not serve it, and AWS_ENDPOINT_URL_KINESIS names no"
        " endpoint.",
    )
    assert (await world.call("DescribeSubscriptionFilters", logGroupName="g"))["subscriptionFilters"] == []


async def test_a_stream_is_written_in_a_role(world: World) -> None:
    await world.stream()
    without = {key: value for key, value in GOOD.items() if key != "roleArn"}
    assert (await world.refused("PutSubscriptionFilter", **without))[1] == (
        "destinationArn for vendor kinesis cannot be used without roleArn"
    )


async def test_the_role_must_trust(world: World) -> None:
    async def trusts(role: str, service: str) -> bool:
        return (role, service) == (ROLE, "logs.amazonaws.com")

    outside = Outside()
    acting = Acting(lambda role, session: Principal(ACCOUNT, role, ""), None, world.clock, RandomIds())
    destinations = Destinations(outside, acting, trusts)
    subscription = Subscription(group="g", name="n", pattern="", destination=STREAM, made_ms=1, role=ROLE + "2")
    group = Group(ACCOUNT, REGION, "g")
    for act in (
        destinations.check(group, subscription, 1),
        destinations.send(group, subscription, "s", [], "x"),
    ):
        with pytest.raises(ApiError, match=r"The role .*logs2 does not let CloudWatch Logs assume it\."):
            await act
    assert outside.calls == []
