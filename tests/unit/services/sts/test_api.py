"""STS's operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.gateway.refusals import Refused
from lambent.model.errors import ApiError
from tests.unit.services.iam.conftest import ACCOUNT, ADMINISTRATOR, document

if TYPE_CHECKING:
    from tests.unit.services.sts.conftest import Tokens

ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"


async def refused(tokens: Tokens, name: str, **params: Any) -> tuple[str, str]:
    with pytest.raises(ApiError) as raised:
        await tokens.sts(name, **params)
    return raised.value.code, raised.value.message


async def test_who_am_i(tokens: Tokens) -> None:
    assert await tokens.sts("GetCallerIdentity") == {
        "UserId": ACCOUNT,
        "Account": ACCOUNT,
        "Arn": f"arn:aws:iam::{ACCOUNT}:root",
    }


async def test_a_session_of_a_role(tokens: Tokens) -> None:
    await tokens.role(MaxSessionDuration=7200)
    made = await tokens.sts(
        "AssumeRole",
        RoleArn=ROLE,
        RoleSessionName="me",
        DurationSeconds=7200,
        Tags=[{"Key": "a", "Value": "b"}],
        SourceIdentity="ann",
    )
    assert made["Credentials"]["Expiration"] == int(tokens.clock.at + 7200)
    assert made["Credentials"]["AccessKeyId"].startswith("ASIA")
    user = made["AssumedRoleUser"]
    assert user["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/me"
    principal = tokens.whose(made)
    assert (principal.arn, principal.role, principal.function_arn) == (user["Arn"], "worker", None)
    assert principal.session is not None
    assert (principal.session.tags, principal.session.source_identity) == ({"a": "b"}, "ann")
    who = await tokens.sts("GetCallerIdentity", tokens.by(principal))
    assert (who["Arn"], who["UserId"]) == (user["Arn"], user["AssumedRoleId"])
    tokens.clock.at += 7200
    with pytest.raises(Refused, match="expired"):
        tokens.whose(made)


async def test_policies_that_limit_it(tokens: Tokens) -> None:
    await tokens.role()
    asked: dict[str, Any] = {"RoleArn": ROLE, "RoleSessionName": "me"}
    made = await tokens.sts("AssumeRole", **asked, Policy=document("s3:*"), PolicyArns=[{"arn": ADMINISTRATOR}])
    session = tokens.whose(made).session
    assert session is not None
    assert session.policies[0] == document("s3:*")
    assert len(session.policies) == 2
    assert 0 < made["PackedPolicySize"] < 10
    assert await refused(tokens, "AssumeRole", **asked, Policy="{") == (
        "MalformedPolicyDocument",
        "This policy contains invalid Json",
    )
    none = f"arn:aws:iam::{ACCOUNT}:policy/none"
    assert await refused(tokens, "AssumeRole", **asked, PolicyArns=[{"arn": none}]) == (
        "MalformedPolicyDocument",
        f"Policy {none} does not exist or is not attachable.",
    )
    code, text = await refused(tokens, "AssumeRole", **asked, Policy=document("s3:" + "a" * 2048))
    assert code == "PackedPolicyTooLarge"
    assert text.startswith("Packed policy consumes 10")


async def test_how_long(tokens: Tokens) -> None:
    await tokens.role()
    asked: dict[str, Any] = {"RoleArn": ROLE, "RoleSessionName": "me", "DurationSeconds": 3601}
    assert await refused(tokens, "AssumeRole", **asked) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    session = tokens.whose(await tokens.sts("AssumeRole", RoleArn=ROLE, RoleSessionName="me"))
    with pytest.raises(ApiError, match="role chaining"):
        await tokens.sts("AssumeRole", tokens.by(session), **asked)


async def test_what_is_not_there_is_refused_by_name(tokens: Tokens) -> None:
    await tokens.role()
    asked: dict[str, Any] = {"RoleArn": ROLE, "RoleSessionName": "me"}
    for option, value in (("SerialNumber", "x"), ("TokenCode", "1"), ("TransitiveTagKeys", ["a"])):
        code, text = await refused(tokens, "AssumeRole", **asked, **{option: value})
        assert (code, text.startswith(f"{option} is not supported by Lambent: ")) == ("ValidationError", True)
    assert (await refused(tokens, "GetSessionToken", TokenCode="1"))[0] == "ValidationError"
    assert (await refused(tokens, "AssumeRole", RoleArn=ROLE + "x", RoleSessionName="me"))[0] == "AccessDenied"


async def test_a_session_of_a_user_or_of_root(tokens: Tokens) -> None:
    made = await tokens.sts("GetSessionToken", DurationSeconds=36 * 3600)
    assert made["Credentials"]["Expiration"] == int(tokens.clock.at + 3600)  # root's are short
    assert tokens.whose(made).is_root
    await tokens.call("CreateUser", UserName="ann")
    key = (await tokens.call("CreateAccessKey", UserName="ann"))["AccessKey"]["AccessKeyId"]
    ann = tokens.whose(made)
    ctx = tokens.ctx(f"arn:aws:iam::{ACCOUNT}:user/ann")
    made = await tokens.sts("GetSessionToken", ctx)
    assert made["Credentials"]["Expiration"] == int(tokens.clock.at + 12 * 3600)
    principal = tokens.whose(made)
    assert (principal.arn, principal.user) == (f"arn:aws:iam::{ACCOUNT}:user/ann", "ann")
    who = await tokens.sts("GetCallerIdentity", tokens.by(principal))
    assert who["UserId"].startswith("AIDA")
    with pytest.raises(ApiError, match="Cannot call GetSessionToken with session credentials"):
        await tokens.sts("GetSessionToken", tokens.by(ann))
    assert await tokens.sts("GetAccessKeyInfo", AccessKeyId=key) == {"Account": ACCOUNT}
    assert (await refused(tokens, "GetAccessKeyInfo", AccessKeyId="AKIANOBODY"))[0] == "ValidationError"
