"""What calls of STS need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambent.services.access import UNGUARDED, Need, Place
from lambent.services.sts.access import StsAccess
from tests.unit.services.iam.conftest import ACCOUNT

if TYPE_CHECKING:
    from tests.unit.services.sts.conftest import Tokens

AT = Place(ACCOUNT, "us-east-1")
ROLE = "arn:aws:iam::111111111111:role/x/r"


async def test_needs(tokens: Tokens) -> None:
    access = StsAccess(tokens.api.identities)
    assert await access.needs("GetCallerIdentity", AT, {}) == ()
    params = {"RoleArn": ROLE, "RoleSessionName": "me", "ExternalId": "e", "Tags": [{"Key": "A", "Value": "b"}]}
    needs = await access.needs("AssumeRole", AT, {**params, "SourceIdentity": "i"})
    assert [need.action for need in needs] == ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    assert {(need.resource, need.account) for need in needs} == {(ROLE, "111111111111")}
    assert needs[0].keys == {
        "sts:externalid": ("e",),
        "sts:rolesessionname": ("me",),
        "sts:sourceidentity": ("i",),
        "aws:tagkeys": ("A",),
        "aws:requesttag/a": ("b",),
    }
    assert (await access.needs("GetAccessKeyInfo", AT, {}))[0].action == "sts:GetAccessKeyInfo"


async def test_a_roles_trust_decides_and_what_is_no_role_trusts_nobody(tokens: Tokens) -> None:
    arn = await tokens.role(Path="/x/", Tags=[{"Key": "a", "Value": "b"}])
    access = StsAccess(tokens.api.identities)
    guarded = await access.guard(Need("sts:AssumeRole", arn, ACCOUNT))
    assert guarded.decides
    assert guarded.policy is not None
    assert (len(guarded.policy), guarded.tags) == (1, {"a": "b"})
    for other in (arn.replace("/x/", "/y/"), f"arn:aws:iam::{ACCOUNT}:role/none"):
        guarded = await access.guard(Need("sts:AssumeRole", other, ACCOUNT))
        assert guarded.decides
        assert guarded.policy is not None
        assert len(guarded.policy) == 0
    assert await access.guard(Need("sts:X", "*", ACCOUNT)) is UNGUARDED


async def test_tags_without_what_they_must_have_are_refused_later(tokens: Tokens) -> None:
    params = {"RoleArn": ROLE, "Tags": [{"Key": "A"}, {"Value": "b"}]}
    (need, _) = await StsAccess(tokens.api.identities).needs("AssumeRole", AT, params)
    assert need.keys == {"aws:tagkeys": ("A", ""), "aws:requesttag/a": ("",), "aws:requesttag/": ("b",)}
