"""Managed policies and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.services.iam.conftest import ACCOUNT, ADMINISTRATOR, document, shown

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World


async def test_a_life(world: World) -> None:
    arn = await world.policy("mine", Path="/team/", Description="d")
    assert arn == f"arn:aws:iam::{ACCOUNT}:policy/team/mine"
    found = (await world.call("GetPolicy", PolicyArn=arn))["Policy"]
    assert (found["DefaultVersionId"], found["AttachmentCount"], found["Description"]) == ("v1", 0, "d")
    await world.call("DeletePolicy", PolicyArn=arn)
    assert await world.refused("GetPolicy", PolicyArn=arn) == ("NoSuchEntity", f"Policy {arn} was not found.")


async def test_versions(world: World) -> None:
    arn = await world.policy()
    second = await world.call("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=document("sqs:*"))
    assert second["PolicyVersion"]["IsDefaultVersion"] is False
    await world.call("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=document("sns:*"), SetAsDefault=True)
    listed = (await world.call("ListPolicyVersions", PolicyArn=arn))["Versions"]
    assert [(each["VersionId"], each["IsDefaultVersion"]) for each in listed] == [
        ("v3", True),
        ("v2", False),
        ("v1", False),
    ]
    version = (await world.call("GetPolicyVersion", PolicyArn=arn, VersionId="v2"))["PolicyVersion"]
    assert shown(version["Document"])["Statement"][0]["Action"] == ["sqs:*"]
    await world.call("SetDefaultPolicyVersion", PolicyArn=arn, VersionId="v1")
    assert await world.refused("DeletePolicyVersion", PolicyArn=arn, VersionId="v1") == (
        "DeleteConflict",
        "Cannot delete the default version of a policy.",
    )
    assert (await world.refused("DeletePolicy", PolicyArn=arn))[1].startswith("This policy has more than one version.")
    await world.call("DeletePolicyVersion", PolicyArn=arn, VersionId="v3")
    await world.call("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=document("sns:*"))
    listed = (await world.call("ListPolicyVersions", PolicyArn=arn))["Versions"]
    assert [each["VersionId"] for each in listed] == ["v4", "v2", "v1"]
    for name in ("GetPolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion"):
        assert await world.refused(name, PolicyArn=arn, VersionId="v3") == (
            "NoSuchEntity",
            f"Policy {arn} version v3 does not exist or is not attachable.",
        )


async def test_five_versions_at_most(world: World) -> None:
    arn = await world.policy()
    for _ in range(4):
        await world.call("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=document("s3:*"))
    assert await world.refused("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=document("s3:*")) == (
        "LimitExceeded",
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing"
        " version.",
    )


async def test_what_is_refused(world: World) -> None:
    arn = await world.policy("mine")
    assert await world.refused("CreatePolicy", PolicyName="Mine", Path="/x/", PolicyDocument=document("s3:*")) == (
        "EntityAlreadyExists",
        "A policy called Mine already exists. Duplicate names are not allowed.",
    )
    long = document("s3:" + "a" * 6144)
    assert await world.refused("CreatePolicy", PolicyName="long", PolicyDocument=long) == (
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
    )
    assert await world.refused("GetPolicy", PolicyArn="mine") == ("InvalidInput", "ARN mine is not valid.")
    await world.role()
    await world.call("AttachRolePolicy", RoleName="worker", PolicyArn=arn)
    assert await world.refused("DeletePolicy", PolicyArn=arn) == (
        "DeleteConflict",
        "Cannot delete a policy attached to entities.",
    )
    assert await world.refused("DeletePolicy", PolicyArn=ADMINISTRATOR) == (
        "AccessDenied",
        f"The policy {ADMINISTRATOR} is managed by AWS and cannot be changed.",
    )


async def test_listings(world: World) -> None:
    arn = await world.policy("mine", Path="/team/")
    await world.role(PermissionsBoundary=arn)
    await world.call("AttachRolePolicy", RoleName="worker", PolicyArn=ADMINISTRATOR)

    async def names(**params: object) -> list[str]:
        return [each["PolicyName"] for each in (await world.call("ListPolicies", MaxItems=1000, **params))["Policies"]]

    assert await names(Scope="Local") == ["mine"]
    assert "AWSLambdaBasicExecutionRole" in await names(Scope="AWS")
    assert "mine" in await names()
    assert await names(OnlyAttached=True) == ["AdministratorAccess"]
    assert await names(PolicyUsageFilter="PermissionsBoundary") == ["mine"]
    assert await names(PathPrefix="/team/") == ["mine"]


async def test_a_listing_in_pages(world: World) -> None:
    for number in range(5):
        await world.policy(f"p{number}")
    seen, marker = [], None
    while True:
        page = await world.call("ListPolicies", Scope="Local", MaxItems=2, **({"Marker": marker} if marker else {}))
        seen += [each["PolicyName"] for each in page["Policies"]]
        assert page["IsTruncated"] is ("Marker" in page)
        marker = page.get("Marker")
        if marker is None:
            break
    assert seen == [f"p{number}" for number in range(5)]
    assert await world.refused("ListPolicies", Marker="?") == ("ValidationError", "Invalid Marker.")
