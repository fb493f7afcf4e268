"""What is asked of KMS, in whose name, and what is kept. The real KMS is asked in tests/api/test_customer_keys.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.model.function import FunctionVersion
from lambent.services.lambda_.sealed_variables import SealedVariables, Unsealing
from tests.unit.services.lambda_.conftest import World

KEY, OTHER = "arn:aws:kms:us-east-1:000000000000:key/one", "arn:aws:kms:us-east-1:000000000000:key/two"


class Kms:
    """Reverses; refuses what `refused` names."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.refused = ""

    async def call(
        self, ctx: Context, service: str, operation: str, params: Mapping[str, Any], *, answer_bytes: int = 0
    ) -> Mapping[str, Any]:
        assert service == "kms"
        self.asked.append((operation, params["KeyId"], ctx.principal.arn))
        if operation == self.refused:
            raise ApiError("AccessDeniedException", "no", status=400)
        context = params.get("EncryptionContext") or params["Constraints"]["EncryptionContextEquals"]
        assert context == {"aws:lambda:FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f"}
        if operation == "Encrypt":
            return {"CiphertextBlob": params["Plaintext"][::-1]}
        return {"Plaintext": params["CiphertextBlob"][::-1]} if operation == "Decrypt" else {}


@pytest.fixture
def kms() -> Kms:
    return Kms()


@pytest.fixture
async def plain(world: World) -> FunctionVersion:
    await world.create()
    version = await world.repository.version(world.ctx(), "f", "$LATEST")
    assert version is not None
    return msgspec.structs.replace(version, variables={"SECRET": "päss"})


async def sealed(kms: Kms, world: World, plain: FunctionVersion) -> FunctionVersion:
    made = await SealedVariables(kms).sealed(world.ctx(), {"KMSKeyArn": KEY}, plain)
    kms.asked.clear()
    return made


async def test_nothing_is_asked_without_a_key(kms: Kms, world: World, plain: FunctionVersion) -> None:
    variables = SealedVariables(kms)
    assert await variables.sealed(world.ctx(), {}, plain) is plain
    assert await variables.sealed(world.ctx(), {"KMSKeyArn": ""}, plain, plain) is plain
    assert await variables.shown(world.ctx(), plain, {"a": 1}) == {"a": 1}
    assert kms.asked == []


async def test_variables_are_sealed_in_the_callers_name(kms: Kms, world: World, plain: FunctionVersion) -> None:
    caller = world.ctx().principal.arn
    made = await SealedVariables(kms).sealed(world.ctx(), {"KMSKeyArn": KEY}, plain)
    assert kms.asked == [("CreateGrant", KEY, caller), ("Encrypt", KEY, caller)]
    assert (made.kms_key, made.variables) == (KEY, {})
    assert made.sealed_variables[::-1] == '{"SECRET":"päss"}'.encode()
    assert b"p\xc3\xa4ss" not in msgspec.msgpack.encode(made)


async def test_without_variables_there_is_only_a_grant(kms: Kms, world: World, plain: FunctionVersion) -> None:
    empty = msgspec.structs.replace(plain, variables={})
    made = await SealedVariables(kms).sealed(world.ctx(), {"KMSKeyArn": KEY}, empty)
    assert [operation for operation, *_ in kms.asked] == ["CreateGrant"]
    assert (made.kms_key, made.sealed_variables) == (KEY, b"")


@pytest.mark.parametrize(
    ("params", "role", "asked"),
    [
        ({}, "", []),
        ({"KMSKeyArn": KEY}, "", []),
        ({}, "arn:aws:iam::000000000000:role/another", [("CreateGrant", KEY)]),
        ({"KMSKeyArn": OTHER}, "", [("Decrypt", KEY), ("CreateGrant", OTHER), ("Encrypt", OTHER)]),
        ({"Environment": {}}, "", [("CreateGrant", KEY), ("Encrypt", KEY)]),
        ({"Environment": {}, "KMSKeyArn": OTHER}, "", [("CreateGrant", OTHER), ("Encrypt", OTHER)]),
    ],
)
async def test_changes(
    kms: Kms, world: World, plain: FunctionVersion, params: Any, role: str, asked: list[tuple[str, str]]
) -> None:
    before = await sealed(kms, world, plain)
    changed = msgspec.structs.replace(before, role=role or before.role)
    if "Environment" in params:
        changed = msgspec.structs.replace(changed, variables={"NEW": "1"})
    made = await SealedVariables(kms).sealed(world.ctx(), params, changed, before)
    assert [(operation, key) for operation, key, _ in kms.asked] == asked
    assert made.variables == {}
    assert (b"NEW" in made.sealed_variables[::-1]) is ("Environment" in params)
    assert made.kms_key == params.get("KMSKeyArn", KEY)


async def test_back_to_lambdas_own_key(kms: Kms, world: World, plain: FunctionVersion) -> None:
    before = await sealed(kms, world, plain)
    made = await SealedVariables(kms).sealed(world.ctx(), {"KMSKeyArn": ""}, before, before)
    assert (made.kms_key, made.variables, made.sealed_variables) == ("", {"SECRET": "päss"}, b"")
    kms.refused = "Decrypt"
    with pytest.raises(ApiError, match="unable to decrypt your environment variables"):
        await SealedVariables(kms).sealed(world.ctx(), {"KMSKeyArn": ""}, before, before)


@pytest.mark.parametrize(("refused", "said"), [("CreateGrant", "configure access to"), ("Encrypt", "encrypt")])
async def test_a_caller_who_may_not(kms: Kms, world: World, plain: FunctionVersion, refused: str, said: str) -> None:
    kms.refused = refused
    with pytest.raises(ApiError, match=f"unable to {said} your environment variables") as raised:
        await SealedVariables(kms).sealed(world.ctx(), {"KMSKeyArn": KEY}, plain)
    assert raised.value.code == "InvalidParameterValueException"


async def test_what_is_shown(kms: Kms, world: World, plain: FunctionVersion) -> None:
    version = await sealed(kms, world, plain)
    variables = SealedVariables(kms)
    shown = {"KMSKeyArn": KEY, "Environment": {"Variables": {"SECRET": "päss"}}}
    assert await variables.shown(world.ctx(), version, {"KMSKeyArn": KEY}) == shown
    kms.refused = "Decrypt"
    (hidden, other) = await variables.all_shown(world.ctx(), [version, plain], [{"KMSKeyArn": KEY}, {}])
    assert other == {}
    assert hidden["Environment"]["Error"]["ErrorCode"] == "AccessDeniedException"
    assert "päss" not in str(hidden)


async def test_environments_ask_in_the_name_of_their_role(kms: Kms, world: World, plain: FunctionVersion) -> None:
    version = await sealed(kms, world, plain)
    seen = []

    def as_role(role: str, session: str, region: str) -> Context:
        seen.append((role, session, region))
        return world.ctx()

    unsealing = Unsealing(kms, as_role)
    assert await unsealing.variables(version) == {"SECRET": "päss"}
    assert seen == [(version.role, "f", "us-east-1")]
    kms.refused = "Decrypt"
    with pytest.raises(ApiError) as raised:
        await unsealing.variables(version)
    assert raised.value.code == "KMSAccessDeniedException"
