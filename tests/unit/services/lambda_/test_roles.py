"""Execution roles."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_.roles import Roles


async def test_a_role_must_trust_lambda() -> None:
    asked = []

    async def trusts(role: str, service: str) -> bool:
        asked.append((role, service))
        return role == "good"

    roles = Roles(trusts)
    await roles.check({"Role": "good"})
    await roles.check({})
    with pytest.raises(ApiError) as raised:
        await roles.check({"Role": "bad"})
    assert (raised.value.code, raised.value.message) == (
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
    )
    assert asked == [("good", "lambda.amazonaws.com"), ("bad", "lambda.amazonaws.com")]


async def test_where_nobody_knows_roles_every_one_will_do() -> None:
    await Roles(None).check({"Role": "bad"})
