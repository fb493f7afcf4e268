"""What calls need, in the form in which AWS asks for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.services.access import UNGUARDED, Need
from lambent.services.logs.access import LogsAccess
from tests.unit.services.logs.conftest import ACCOUNT, AT, REGION, World

GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g"


@pytest.mark.parametrize(
    ("operation", "params", "resources"),
    [
        ("PutLogEvents", {"logGroupName": "g", "logStreamName": "s"}, [f"{GROUP}:log-stream:s"]),
        ("FilterLogEvents", {"logGroupIdentifier": f"{GROUP}:*"}, [f"{GROUP}:log-stream:"]),
        ("DescribeLogGroups", {}, [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group::log-stream:"]),
        ("TagResource", {"resourceArn": GROUP}, [GROUP]),
        ("StartQuery", {"logGroupNames": ["g", "h"]}, [f"{GROUP}:log-stream:", f"{GROUP[:-1]}h:log-stream:"]),
        ("StartLiveTail", {"logGroupIdentifiers": [GROUP]}, [f"{GROUP}:log-stream:"]),
        ("GetQueryResults", {"queryId": "q"}, ["*"]),
    ],
)
async def test_needs(world: World, operation: str, params: dict[str, Any], resources: list[str]) -> None:
    needs = await LogsAccess(world.repository).needs(operation, AT, params)
    assert [(need.action, need.resource) for need in needs] == [(f"logs:{operation}", each) for each in resources]


async def test_guards(world: World) -> None:
    access = LogsAccess(world.repository)
    await world.call("CreateLogGroup", logGroupName="g", tags={"a": "b"})
    need = Need("logs:PutLogEvents", f"{GROUP}:log-stream:s", ACCOUNT)
    assert (await access.guard(need)).policy is None and (await access.guard(need)).tags == {"a": "b"}
    assert await access.guard(Need("logs:StopQuery", "*", ACCOUNT)) is UNGUARDED
    statement = {"Effect": "Allow", "Principal": "*", "Action": "logs:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    await world.call("PutResourcePolicy", policyName="p", policyDocument=document)
    assert (await access.guard(need)).policy is not None
