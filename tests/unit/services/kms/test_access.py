"""What calls of KMS need, and what a key says to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.policy.engine import Policies, Question, decide
from lambent.policy.principals import Caller, Kind
from lambent.services.access import UNGUARDED, Need
from tests.unit.services.kms.conftest import ACCOUNT, ARN, AT

if TYPE_CHECKING:
    from tests.unit.services.kms.conftest import World

ANN = Caller(Kind.USER, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann")


async def asked(world: World, operation: str, **params: Any) -> list[tuple[str, str]]:
    return [(need.action, need.resource) for need in await world.access.needs(operation, AT, params)]


async def test_the_key_however_it_is_named(world: World) -> None:
    key, other = await world.key(), await world.key()
    arn = f"{ARN}key/{key}"
    await world.call("CreateAlias", AliasName="alias/mine", TargetKeyId=key)
    for name in (key, arn, "alias/mine", f"{ARN}alias/mine"):
        assert await asked(world, "Encrypt", KeyId=name) == [("kms:Encrypt", arn)]
    blob = (await world.call("Encrypt", KeyId=key, Plaintext=b"x"))["CiphertextBlob"]
    assert await asked(world, "Decrypt", CiphertextBlob=blob) == [("kms:Decrypt", arn)]
    assert await asked(world, "Decrypt", CiphertextBlob=blob, KeyId=other) == [("kms:Decrypt", arn)]
    assert await asked(world, "ReEncrypt", CiphertextBlob=blob, DestinationKeyId=other) == [
        ("kms:ReEncryptTo", f"{ARN}key/{other}"),
        ("kms:ReEncryptFrom", arn),
    ]
    assert await asked(world, "CreateAlias", AliasName="alias/new", TargetKeyId=key) == [
        ("kms:CreateAlias", f"{ARN}alias/new"),
        ("kms:CreateAlias", arn),
    ]


async def test_what_is_about_nothing(world: World) -> None:
    for operation, params in (
        ("CreateKey", {}),
        ("ListAliases", {}),
        ("DescribeKey", {"KeyId": "alias/none"}),
        ("Decrypt", {"CiphertextBlob": b"rubbish"}),
    ):
        assert await asked(world, operation, **params) == [(f"kms:{operation}", "*")]


async def test_keys_of_conditions(world: World) -> None:
    await world.call("CreateAlias", AliasName="alias/mine", TargetKeyId=await world.key())
    (need,) = await world.access.needs("Encrypt", AT, {"KeyId": "alias/mine", "EncryptionContext": {"A": "b"}})
    assert need.keys == {
        "kms:calleraccount": (ACCOUNT,),
        "kms:requestalias": ("alias/mine",),
        "kms:encryptioncontextkeys": ("A",),
        "kms:encryptioncontext:a": ("b",),
    }


async def test_what_is_no_key_says_nothing(world: World) -> None:
    for resource in ("*", f"{ARN}key/none", f"{ARN}alias/mine"):
        assert await world.access.guard(Need("kms:Encrypt", resource, ACCOUNT)) is UNGUARDED


@pytest.mark.parametrize(
    ("constraints", "context", "allowed"),
    [
        ({}, {}, True),
        ({}, {"a": "b"}, True),
        ({"EncryptionContextSubset": {"a": "b"}}, {"A": "b", "c": "d"}, True),
        ({"EncryptionContextSubset": {"a": "b"}}, {"a": "x"}, False),
        ({"EncryptionContextSubset": {"a": "b"}}, {}, False),
        ({"EncryptionContextEquals": {"a": "b"}}, {"a": "b"}, True),
        ({"EncryptionContextEquals": {"a": "b"}}, {"a": "b", "c": "d"}, False),
        ({"EncryptionContextEquals": {}}, {}, True),
        ({"EncryptionContextEquals": {}}, {"a": "b"}, False),
        ({"SourceArn": "arn:aws:s3:::b"}, {}, False),
    ],
)
async def test_grants_allow_beside_the_policy(
    world: World, constraints: dict[str, Any], context: dict[str, str], allowed: bool
) -> None:
    key = await world.key()

    async def may(action: str) -> bool:
        (need,) = await world.access.needs(action, AT, {"KeyId": key, "EncryptionContext": context})
        guarded = await world.access.guard(need)
        question = Question(ANN, need.action, need.resource, ACCOUNT, need.keys.get)
        return decide(question, Policies(resource=guarded.policy, resource_decides=guarded.decides)).allowed

    assert not await may("Encrypt")
    made = await world.call(
        "CreateGrant",
        KeyId=key,
        GranteePrincipal=ANN.arn,
        RetiringPrincipal=ANN.arn,
        Operations=["Encrypt", "DescribeKey"],
        Constraints=constraints,
    )
    assert await may("Encrypt") is allowed
    assert await may("DescribeKey")
    assert await may("RetireGrant")
    assert not await may("Decrypt")
    await world.call("RevokeGrant", KeyId=key, GrantId=made["GrantId"])
    assert not await may("DescribeKey")


async def test_what_a_key_says_is_compiled_once_for_each_state_of_it(world: World) -> None:
    key = await world.key()
    need = Need("kms:Encrypt", f"{ARN}key/{key}", ACCOUNT)
    first = (await world.access.guard(need)).policy
    assert (await world.access.guard(need)).policy is first
    await world.call("CreateGrant", KeyId=key, GranteePrincipal=ANN.arn, Operations=["Encrypt"])
    granted = (await world.access.guard(need)).policy
    assert granted is not None
    assert first is not None
    assert len(granted) == len(first) + 1
    assert (await world.access.guard(need)).policy is granted
