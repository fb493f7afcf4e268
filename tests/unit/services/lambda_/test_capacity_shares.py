"""Capacity providers: made, shown, changed, in use, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.services.lambda_ import limits

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:capacity-provider:p"
PLACE = {
    "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    "PermissionsConfig": {"CapacityProviderOperatorRoleArn": "arn:aws:iam::000000000000:role/o"},
}
SHOWN = {
    "CapacityProviderArn": ARN,
    "State": "Active",
    **PLACE,
    "InstanceRequirements": {"Architectures": ["x86_64"]},
    "CapacityProviderScalingConfig": {"MaxVCpuCount": 400, "ScalingMode": "Auto"},
    "LastModified": "2026-09-21T14:13:20.123+0000",
}


async def create(world: World, name: str = "p", **more: Any) -> Any:
    return (await world.call("CreateCapacityProvider", CapacityProviderName=name, **(PLACE | more)))["CapacityProvider"]


def config(concurrency: int = 4) -> dict[str, Any]:
    instances = {"CapacityProviderArn": ARN, "PerExecutionEnvironmentMaxConcurrency": concurrency}
    return {"LambdaManagedInstancesCapacityProviderConfig": instances}


async def test_create_get_list(world: World) -> None:
    assert await create(world) == SHOWN
    for name in ("p", ARN):
        assert await world.call("GetCapacityProvider", CapacityProviderName=name) == {"CapacityProvider": SHOWN}
    await create(world, "q")
    page = await world.call("ListCapacityProviders", MaxItems=1, State="Active")
    assert page["CapacityProviders"] == [SHOWN]
    rest = await world.call("ListCapacityProviders", Marker=page["NextMarker"])
    assert [each["CapacityProviderArn"][-1] for each in rest["CapacityProviders"]] == ["q"]
    assert "NextMarker" not in rest
    assert await world.call("ListCapacityProviders", State="Failed") == {"CapacityProviders": []}


async def test_refusals(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await create(world)

    async def refused(operation: str, **params: Any) -> tuple[str, str]:
        return await world.refused(operation, **(PLACE | params))

    assert await refused("CreateCapacityProvider", CapacityProviderName="p") == (
        "ResourceConflictException",
        f"Capacity provider already exists: {ARN}",
    )
    for operation in ("GetCapacityProvider", "UpdateCapacityProvider", "DeleteCapacityProvider"):
        missing = await refused(operation, CapacityProviderName="x")
        assert missing == ("ResourceNotFoundException", f"Capacity provider not found: {ARN[:-1]}x")
    elsewhere = ARN.replace("us-east-1", "eu-west-1")
    missing = await refused("GetCapacityProvider", CapacityProviderName=elsewhere)
    assert missing == ("ResourceNotFoundException", f"Capacity provider not found: {elsewhere}")
    other = await refused("GetCapacityProvider", CapacityProviderName=ARN.replace("000000000000", "111111111111"))
    assert other[0] == "AccessDeniedException"
    code, text = await refused("CreateCapacityProvider", CapacityProviderName="x" * 65)
    assert code == "ValidationException"
    assert text.endswith("Member must have length less than or equal to 64")
    for params, what in (
        ({"InstanceRequirements": {"AllowedInstanceTypes": ["m8g.*"]}}, "InstanceRequirements.AllowedInstanceTypes"),
        ({"InstanceRequirements": {"Architectures": ["arm64"]}}, "The architecture arm64 (this machine is x86_64)"),
        ({"KmsKeyArn": "arn:aws:kms:x"}, "KmsKeyArn arn:aws:kms:x"),
        ({"PropagateTags": {"Mode": "Explicit"}}, "PropagateTags"),
    ):
        refusal = await refused("CreateCapacityProvider", CapacityProviderName="q", **params)
        assert refusal == ("InvalidParameterValueException", f"{what} is not supported by Lambent yet")
    await create(world, "q", PropagateTags={"Mode": "None"}, CapacityProviderScalingConfig={"ScalingMode": "Auto"})
    monkeypatch.setattr(limits, "CAPACITY_PROVIDERS", 2)
    text = "The maximum number of capacity providers (2) for your account has been reached."
    assert await refused("CreateCapacityProvider", CapacityProviderName="r") == (
        "CapacityProviderLimitExceededException",
        text,
    )


async def test_what_is_in_use_stays_and_is_listed(world: World) -> None:
    await create(world, CapacityProviderScalingConfig={"MaxVCpuCount": 8})
    await world.create(
        Runtime="python3.13", MemorySize=4096, CapacityProviderConfig=config(), PublishTo="LATEST_PUBLISHED"
    )
    await world.create("g", Publish=True)
    await world.settled("f", "$LATEST.PUBLISHED")
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
    first = await world.call("ListFunctionVersionsByCapacityProvider", CapacityProviderName="p", MaxItems=1)
    assert first["CapacityProviderArn"] == ARN
    assert first["FunctionVersions"] == [{"FunctionArn": f"{arn}:$LATEST", "State": "Active"}]
    second = await world.call(
        "ListFunctionVersionsByCapacityProvider", CapacityProviderName="p", Marker=first["NextMarker"]
    )
    assert second["FunctionVersions"] == [{"FunctionArn": f"{arn}:$LATEST.PUBLISHED", "State": "Active"}]
    assert "NextMarker" not in second
    assert await world.refused("DeleteCapacityProvider", CapacityProviderName="p") == (
        "ResourceConflictException",
        f"Capacity provider {ARN} cannot be deleted: 2 function version(s) use it.",
    )
    plan = world.invoker.plans[f"{arn}:$LATEST.PUBLISHED"]
    assert plan[1:] == (3, 4, 8.0), "2 vCPUs each"
    changed = await world.call(
        "UpdateCapacityProvider", CapacityProviderName="p", CapacityProviderScalingConfig={"MaxVCpuCount": 20}
    )
    assert changed["CapacityProvider"]["CapacityProviderScalingConfig"]["MaxVCpuCount"] == 20
    assert world.invoker.plans[f"{arn}:$LATEST.PUBLISHED"] == (plan[0], 3, 10, 20.0)
    await world.call("DeleteFunction", FunctionName="f")
    gone = await world.call("DeleteCapacityProvider", CapacityProviderName="p")
    assert gone["CapacityProvider"]["State"] == "Deleting"
    assert (await world.refused("GetCapacityProvider", CapacityProviderName="p"))[0] == "ResourceNotFoundException"


async def test_tags(world: World) -> None:
    await create(world, Tags={"a": "1"})
    await world.call("TagResource", Resource=ARN, Tags={"b": "2"})
    await world.call("UntagResource", Resource=ARN, TagKeys=["a"])
    assert await world.call("ListTags", Resource=ARN) == {"Tags": {"b": "2"}}
    refusal = await world.refused("ListTags", Resource=f"{ARN}x")
    assert refusal == ("ResourceNotFoundException", f"Capacity provider not found: {ARN}x")


def policy(target: float = 60.0, metric: str = "CPU") -> dict[str, Any]:
    return {"PredefinedMetricType": f"LambdaCapacityProviderAverage{metric}Utilization", "TargetValue": target}


async def test_scaling_by_hand_aims_at_a_target(world: World) -> None:
    scaling = "CapacityProviderScalingConfig"
    made = await create(world, **{scaling: {"ScalingMode": "Manual", "ScalingPolicies": [policy()]}})
    by_hand = {"MaxVCpuCount": 400, "ScalingMode": "Manual", "ScalingPolicies": [policy()]}
    assert made[scaling] == by_hand
    function = {"Runtime": "python3.13", "MemorySize": 4096, "CapacityProviderConfig": config()}
    await world.create(**function, Publish=True)
    await world.settled("f", "1")
    (arn,) = world.invoker.targets
    assert world.invoker.targets[arn] == 60.0

    async def update(**asked: Any) -> Any:
        changed = await world.call("UpdateCapacityProvider", CapacityProviderName="p", **{scaling: asked})
        return changed["CapacityProvider"][scaling]

    assert await update(MaxVCpuCount=300) == by_hand | {"MaxVCpuCount": 300}
    assert (await update(ScalingPolicies=[policy(10.0)]))["ScalingPolicies"] == [policy(10.0)]
    assert world.invoker.targets[arn] == 10.0
    assert await update(ScalingMode="Auto") == {"MaxVCpuCount": 300, "ScalingMode": "Auto"}
    assert world.invoker.targets[arn] is None


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"ScalingMode": "Manual"}, "ScalingPolicies must be provided when ScalingMode is Manual."),
        (
            {"ScalingMode": "Auto", "ScalingPolicies": [policy()]},
            "ScalingPolicies can only be provided when ScalingMode is Manual.",
        ),
        (
            {"ScalingPolicies": [policy(), policy()]},
            "ScalingPolicies must not contain LambdaCapacityProviderAverageCPUUtilization more than once.",
        ),
        (
            {"ScalingPolicies": [policy(metric="GPU")]},
            "ScalingPolicies with LambdaCapacityProviderAverageGPUUtilization (there are no accelerators) is not"
            " supported by Lambent yet",
        ),
    ],
)
async def test_scaling_that_cannot_be(world: World, asked: dict[str, Any], text: str) -> None:
    given = {"CapacityProviderName": "p", "CapacityProviderScalingConfig": asked, **PLACE}
    assert await world.refused("CreateCapacityProvider", **given) == ("InvalidParameterValueException", text)
