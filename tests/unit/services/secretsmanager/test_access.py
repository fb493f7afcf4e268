"""What calls of Secrets Manager need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambent.services.access import UNGUARDED, Need
from tests.unit.services.secretsmanager.conftest import ACCOUNT, ARN, AT
from tests.unit.services.secretsmanager.test_policies import CLOSED

if TYPE_CHECKING:
    from tests.unit.services.secretsmanager.conftest import World


async def asked(world: World, operation: str, **params: Any) -> Need:
    (need,) = await world.access.needs(operation, AT, params)
    return need


async def test_the_secret_however_it_is_named(world: World) -> None:
    made = await world.call("CreateSecret", Name="a", Tags=[{"Key": "Team", "Value": "blue"}])
    for identifier in ("a", made["ARN"], made["ARN"][:-7]):
        need = await asked(world, "GetSecretValue", SecretId=identifier, VersionStage="X")
        assert (need.action, need.resource) == ("secretsmanager:GetSecretValue", made["ARN"])
        assert need.keys["secretsmanager:versionstage"] == ("X",)
        assert need.keys["secretsmanager:resourcetag/team"] == ("blue",)
    assert (await asked(world, "CreateSecret", Name="new")).resource == f"{ARN}new-??????"
    assert (await asked(world, "GetSecretValue", SecretId="new")).resource == f"{ARN}new-??????"
    assert (await asked(world, "GetSecretValue", SecretId=f"{ARN}x")).resource == f"{ARN}x"
    need = await asked(world, "DeleteSecret", SecretId="a", ForceDeleteWithoutRecovery=True)
    assert need.keys["secretsmanager:forcedeletewithoutrecovery"] == ("true",)


async def test_what_is_about_nothing(world: World) -> None:
    for operation in ("ListSecrets", "GetRandomPassword", "BatchGetSecretValue", "ValidateResourcePolicy"):
        assert (await asked(world, operation)).resource == "*"


async def test_what_a_secret_says(world: World) -> None:
    made = await world.call("CreateSecret", Name="a", Tags=[{"Key": "k", "Value": "v"}])
    await world.call("PutResourcePolicy", SecretId="a", ResourcePolicy=CLOSED)
    guarded = await world.access.guard(Need("secretsmanager:GetSecretValue", made["ARN"], ACCOUNT))
    assert guarded.policy is not None
    assert guarded.tags == {"k": "v"}
    for resource in ("*", f"{ARN}none-aaaaaa"):
        assert await world.access.guard(Need("secretsmanager:GetSecretValue", resource, ACCOUNT)) is UNGUARDED
