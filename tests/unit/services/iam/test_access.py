"""IAM's actions and resources."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.services.access import UNGUARDED, Place
from lambent.services.iam.access import IamAccess

AT = Place("000000000000", "us-east-1")
ARN = "arn:aws:iam::000000000000:"


@pytest.mark.parametrize(
    ("operation", "params", "resource"),
    [
        ("CreateUser", {"UserName": "ann", "Path": "/x/"}, ARN + "user/x/ann"),
        ("GetRole", {"RoleName": "r"}, ARN + "role/r"),
        ("CreatePolicy", {"PolicyName": "p"}, ARN + "policy/p"),
        ("GetPolicy", {"PolicyArn": ARN + "policy/p"}, ARN + "policy/p"),
        ("AttachRolePolicy", {"RoleName": "r", "PolicyArn": ARN + "policy/p"}, ARN + "role/r"),
        ("ListUsers", {}, "*"),
    ],
)
async def test_resources(operation: str, params: dict[str, Any], resource: str) -> None:
    (need,) = await IamAccess().needs(operation, AT, params)
    assert (need.action, need.resource) == (f"iam:{operation}", resource)
    assert await IamAccess().guard(need) is UNGUARDED


async def test_keys() -> None:
    (need,) = await IamAccess().needs("AttachRolePolicy", AT, {"RoleName": "r", "PolicyArn": "p"})
    assert need.keys == {"iam:policyarn": ("p",)}
    (need,) = await IamAccess().needs("CreateUser", AT, {"UserName": "u", "PermissionsBoundary": "b"})
    assert need.keys == {"iam:permissionsboundary": ("b",)}
