"""Access Analyzer's view of one function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import ApiError
from lambent.services.iam.usage import Usage
from lambent.services.lambda_.access_report import AccessReport
from tests.unit.services.iam.conftest import World as Iam
from tests.unit.services.iam.conftest import document
from tests.unit.services.lambda_.conftest import ACCOUNT, REGION, ROLE

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


async def test_used_unused_and_public(world: World) -> None:
    iam = Iam(world.store, world.bus)
    await iam.role("r")
    await iam.call("PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=document("s3:*"))
    await iam.call("PutRolePolicy", RoleName="r", PolicyName="q", PolicyDocument=document("sqs:*"))
    await world.create()
    await world.settled()
    for sid, more in (("all", {}), ("some", {"SourceAccount": ACCOUNT})):
        added = {"StatementId": sid, "Action": "lambda:InvokeFunction", "Principal": "*"}
        await world.call("AddPermission", FunctionName="f", **added, **more)
    async with Usage(world.store) as usage:
        usage.note(ACCOUNT, "r", "s3:GetObject", "arn:aws:s3:::b/k")
        report = AccessReport(world.repository, iam.repository, iam.api.identities, usage)
        found = await report.of(ACCOUNT, REGION, "f")
        with pytest.raises(ApiError, match="Function not found"):
            await report.of(ACCOUNT, REGION, "g")
    assert found["Role"] == ROLE
    assert found["Used"] == [{"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"}]
    assert found["Policy"]["Statement"] == [
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/k"}
    ]
    assert found["Unused"] == [{"Policy": f"{ROLE}/q", "Statement": "1"}]
    assert found["Public"] == ["all"]
