"""Lambda's actions and resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.services.access import UNGUARDED, Need, Place
from lambent.services.lambda_.access import LambdaAccess
from lambent.services.lambda_.durable.tokens import callback_id

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

AT = Place("000000000000", "us-east-1")
DURABLE = "arn:aws:lambda:us-east-1:000000000000:function:f:1/durable-execution/n/i"
ARN = "arn:aws:lambda:us-east-1:000000000000:"
OTHER = "arn:aws:lambda:eu-west-1:111111111111:function:g"


@pytest.mark.parametrize(
    ("operation", "params", "action", "resource", "account"),
    [
        ("Invoke", {"FunctionName": "f"}, "InvokeFunction", ARN + "function:f", AT.account),
        ("Invoke", {"FunctionName": "f", "Qualifier": "live"}, "InvokeFunction", ARN + "function:f:live", AT.account),
        ("Invoke", {"FunctionName": "f:3"}, "InvokeFunction", ARN + "function:f:3", AT.account),
        ("Invoke", {"FunctionName": OTHER}, "InvokeFunction", OTHER, "111111111111"),
        ("InvokeWithResponseStream", {"FunctionName": "f"}, "InvokeFunction", ARN + "function:f", AT.account),
        ("GetFunction", {"FunctionName": "000000000000:function:f"}, "GetFunction", ARN + "function:f", AT.account),
        ("GetFunction", {"FunctionName": "a b"}, "GetFunction", ARN + "function:a b", AT.account),
        ("ListFunctions", {}, "ListFunctions", "*", AT.account),
        ("PublishLayerVersion", {"LayerName": "l"}, "PublishLayerVersion", ARN + "layer:l", AT.account),
        (
            "GetLayerVersion",
            {"LayerName": "l", "VersionNumber": 2},
            "GetLayerVersion",
            ARN + "layer:l:2",
            AT.account,
        ),
        (
            "GetLayerVersionByArn",
            {"Arn": "arn:aws:lambda:us-east-1:111111111111:layer:l:2"},
            "GetLayerVersion",
            "arn:aws:lambda:us-east-1:111111111111:layer:l:2",
            "111111111111",
        ),
        ("TagResource", {"Resource": ARN + "function:f"}, "TagResource", ARN + "function:f", AT.account),
        (
            "DeleteEventSourceMapping",
            {"UUID": "u"},
            "DeleteEventSourceMapping",
            ARN + "event-source-mapping:u",
            AT.account,
        ),
        ("CreateEventSourceMapping", {"FunctionName": "f"}, "CreateEventSourceMapping", "*", AT.account),
        ("StopDurableExecution", {"DurableExecutionArn": DURABLE}, "StopDurableExecution", DURABLE, AT.account),
        (
            "SendDurableExecutionCallbackSuccess",
            {"CallbackId": callback_id(DURABLE, "c")},
            "SendDurableExecutionCallbackSuccess",
            DURABLE,
            AT.account,
        ),
    ],
)
async def test_what_calls_are_about(
    world: World, operation: str, params: dict[str, Any], action: str, resource: str, account: str
) -> None:
    need = (await LambdaAccess(world.repository).needs(operation, AT, params))[0]
    assert (need.action, need.resource, need.account) == (f"lambda:{action}", resource, account)


async def test_passing_a_role(world: World) -> None:
    role = "arn:aws:iam::000000000000:role/r"
    _, passing = await LambdaAccess(world.repository).needs("CreateFunction", AT, {"FunctionName": "f", "Role": role})
    assert passing == Need("iam:PassRole", role, AT.account, {"iam:passedtoservice": ("lambda.amazonaws.com",)})


async def test_passing_a_capacity_provider(world: World) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:capacity-provider:p"
    config = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": arn}}
    params = {"FunctionName": "f", "CapacityProviderConfig": config}
    _, passing = await LambdaAccess(world.repository).needs("CreateFunction", AT, params)
    assert passing == Need("lambda:PassCapacityProvider", arn, AT.account)


async def test_the_keys_that_are_lambdas_own(world: World) -> None:
    params = {
        "FunctionName": "f",
        "Layers": ["a", "b"],
        "VpcConfig": {"SubnetIds": ["s"], "SecurityGroupIds": []},
        "CodeSigningConfigArn": "c",
        "Tags": {"Team": "blue"},
    }
    access = LambdaAccess(world.repository)
    assert (await access.needs("CreateFunction", AT, params))[0].keys == {
        "lambda:layer": ("a", "b"),
        "lambda:subnetids": ("s",),
        "lambda:codesigningconfigarn": ("c",),
        "aws:tagkeys": ("Team",),
        "aws:requesttag/team": ("blue",),
    }
    (need,) = await access.needs("CreateEventSourceMapping", AT, {"FunctionName": "f"})
    assert need.keys == {"lambda:functionarn": (ARN + "function:f",)}
    (need,) = await access.needs(
        "AddPermission", AT, {"FunctionName": "f", "Principal": "*", "FunctionUrlAuthType": "NONE"}
    )
    assert need.keys == {"lambda:principal": ("*",), "lambda:functionurlauthtype": ("NONE",)}
    (need,) = await access.needs("UntagResource", AT, {"Resource": "x", "TagKeys": ["a"]})
    assert need.keys == {"aws:tagkeys": ("a",)}


async def test_what_a_function_says(world: World) -> None:
    access = LambdaAccess(world.repository)

    async def guarded(resource: str) -> Any:
        return await access.guard(Need("lambda:InvokeFunction", resource, AT.account))

    assert await guarded("*") is UNGUARDED
    assert await guarded(ARN + "function:f") is UNGUARDED
    await world.create(Tags={"a": "b"})
    await world.settled()
    assert (await guarded(ARN + "function:f")).policy is None
    added = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    await world.call("AddPermission", FunctionName="f", **added)
    found = await guarded(ARN + "function:f")
    assert found.tags == {"a": "b"}
    assert [g.statement.sid for g in found.policy.about("lambda:invokefunction", ARN + "function:f", {}.get)] == ["s"]
    assert (await guarded(ARN + "function:f:live")).policy is None
    await world.call("RemovePermission", FunctionName="f", StatementId="s")
    assert (await guarded(ARN + "function:f")).policy is None


async def test_what_a_function_says_is_remembered_until_a_function_changes(world: World) -> None:
    access = LambdaAccess(world.repository)
    need = Need("lambda:InvokeFunction", ARN + "function:f", AT.account)
    await world.create(Tags={"a": "b"})
    await world.settled()
    found = await access.guard(need)
    assert await access.guard(need) is found
    await world.call("TagResource", Resource=ARN + "function:f", Tags={"a": "c"})
    assert (await access.guard(need)).tags == {"a": "c"}
    await world.call("DeleteFunction", FunctionName="f")
    assert await access.guard(need) is UNGUARDED


async def test_what_changes_while_it_is_read_is_not_remembered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    access = LambdaAccess(world.repository)
    need = Need("lambda:InvokeFunction", ARN + "function:f", AT.account)
    await world.create(Tags={"a": "b"})
    await world.settled()
    read = world.repository.policy_document

    async def slowly(at: Any, name: str, qualifier: str) -> str | None:
        found = await read(at, name, qualifier)
        monkeypatch.undo()
        await world.call("TagResource", Resource=ARN + "function:f", Tags={"a": "c"})
        return found

    monkeypatch.setattr(world.repository, "policy_document", slowly)
    await access.guard(need)
    assert (await access.guard(need)).tags == {"a": "c"}
