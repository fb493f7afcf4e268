"""Inline policies of users, groups and roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.services.iam.conftest import TRUST, document, shown

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World

KINDS = {"User": {}, "Group": {}, "Role": {"AssumeRolePolicyDocument": TRUST}}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_life(world: World, kind: str) -> None:
    who = {f"{kind}Name": "x"}
    await world.call(f"Create{kind}", **who, **KINDS[kind])
    text = document("s3:GetObject")
    await world.call(f"Put{kind}Policy", **who, PolicyName="b", PolicyDocument=document("s3:*"))
    await world.call(f"Put{kind}Policy", **who, PolicyName="a", PolicyDocument=text)
    await world.call(f"Put{kind}Policy", **who, PolicyName="b", PolicyDocument=text)
    found = await world.call(f"Get{kind}Policy", **who, PolicyName="b")
    assert (found[f"{kind}Name"], found["PolicyName"]) == ("x", "b")
    assert shown(found["PolicyDocument"])["Statement"][0]["Action"] == ["s3:GetObject"]
    assert (await world.call(f"List{kind}Policies", **who))["PolicyNames"] == ["a", "b"]
    await world.call(f"Delete{kind}Policy", **who, PolicyName="b")
    said = ("NoSuchEntity", f"The {kind.lower()} policy with name b cannot be found.")
    assert await world.refused(f"Delete{kind}Policy", **who, PolicyName="b") == said
    assert await world.refused(f"Get{kind}Policy", **who, PolicyName="b") == said


@pytest.mark.parametrize(("kind", "most"), [("User", 2048), ("Group", 5120), ("Role", 10240)])
async def test_all_together_may_be_only_so_long_white_space_not_counted(world: World, kind: str, most: int) -> None:
    who = {f"{kind}Name": "x"}
    await world.call(f"Create{kind}", **who, **KINDS[kind])
    frame = len("".join(document("s3:").split()))
    half = document("s3:" + "a" * (most // 2 - frame))
    await world.call(f"Put{kind}Policy", **who, PolicyName="a", PolicyDocument=half)
    await world.call(f"Put{kind}Policy", **who, PolicyName="b", PolicyDocument=half + " " * most)
    assert await world.refused(f"Put{kind}Policy", **who, PolicyName="c", PolicyDocument=half) == (
        "LimitExceeded",
        f"Maximum policy size of {most} bytes exceeded for {kind.lower()} x",
    )


async def test_it_must_be_a_policy(world: World) -> None:
    await world.call("CreateUser", UserName="x")
    assert await world.refused("PutUserPolicy", UserName="x", PolicyName="p", PolicyDocument="[]") == (
        "MalformedPolicyDocument",
        "Syntax errors in policy.",
    )
