"""The entity that an operation is about, or the refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import ApiError
from lambent.services.iam.entities import Entities
from lambent.services.iam.records import Group, ManagedPolicy, OidcIssuer, Role, User
from tests.unit.services.iam.conftest import ADMINISTRATOR

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (User, "The user with name x cannot be found."),
        (Group, "The group with name x cannot be found."),
        (Role, "The role with name x cannot be found."),
        (ManagedPolicy, "Policy x was not found."),
        (OidcIssuer, "OpenIDConnect Provider not found for arn x"),
    ],
)
async def test_what_is_not_there(world: World, kind: type[User], text: str) -> None:
    entities = Entities(world.repository)
    for ask in (entities.get, entities.kept):
        with pytest.raises(ApiError) as raised:
            await ask(world.ctx(), kind, "x")
        assert (raised.value.code, raised.value.message) == ("NoSuchEntity", text)


async def test_awss_policies_are_read_only(world: World) -> None:
    entities = Entities(world.repository)
    assert (await entities.get(world.ctx(), ManagedPolicy, ADMINISTRATOR)).name == "AdministratorAccess"
    with pytest.raises(ApiError) as raised:
        await entities.kept(world.ctx(), ManagedPolicy, ADMINISTRATOR)
    assert raised.value.code == "AccessDenied"


async def test_who_uses_what(world: World) -> None:
    mine = await world.policy()
    await world.role("a", PermissionsBoundary=mine)
    await world.role("b")
    for role in ("a", "b"):
        await world.call("AttachRolePolicy", RoleName=role, PolicyArn=ADMINISTRATOR)
    assert await Entities(world.repository).usage(world.ctx()) == {ADMINISTRATOR: (2, 0), mine: (0, 1)}
