"""Resource policies: kept by name, or by group with a revision."""

from __future__ import annotations

import json

from tests.unit.services.logs.conftest import ACCOUNT, REGION, World

DOCUMENT = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "logs:PutLogEvents",
                "Resource": "*",
            }
        ],
    }
)
ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g"


async def test_of_the_account(world: World) -> None:
    told = await world.call("PutResourcePolicy", policyName="p", policyDocument=DOCUMENT)
    shown = {"policyName": "p", "policyDocument": DOCUMENT, "lastUpdatedTime": world.now, "policyScope": "ACCOUNT"}
    assert told["resourcePolicy"] == shown
    assert (await world.call("DescribeResourcePolicies"))["resourcePolicies"] == [shown]
    await world.call("DeleteResourcePolicy", policyName="p")
    assert (await world.refused("DeleteResourcePolicy", policyName="p"))[1] == (
        "The specified resource policy does not exist."
    )


async def test_of_a_group(world: World) -> None:
    await world.call("CreateLogGroup", logGroupName="g")
    told = await world.call("PutResourcePolicy", resourceArn=ARN, policyDocument=DOCUMENT)
    assert (await world.refused("PutResourcePolicy", resourceArn=ARN, policyDocument=DOCUMENT))[0] == (
        "OperationAbortedException"
    )
    found = await world.call("DescribeResourcePolicies", resourceArn=ARN)
    assert [each["revisionId"] for each in found["resourcePolicies"]] == [told["revisionId"]]
    assert (await world.call("DescribeResourcePolicies"))["resourcePolicies"] == []
    await world.call("DeleteResourcePolicy", resourceArn=ARN, expectedRevisionId=told["revisionId"])


async def test_what_is_refused(world: World) -> None:
    assert (await world.refused("PutResourcePolicy", policyName="p", policyDocument="{"))[0] == (
        "InvalidParameterException"
    )
    assert (await world.refused("PutResourcePolicy", policyName="p"))[0] == "InvalidParameterException"
    for number in range(10):
        await world.call("PutResourcePolicy", policyName=str(number), policyDocument=DOCUMENT)
    assert (await world.refused("PutResourcePolicy", policyName="x", policyDocument=DOCUMENT))[1] == (
        "Resource limit exceeded: resource policies."
    )
