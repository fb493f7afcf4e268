"""Whether a role may write its log."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.context import Principal
from lambent.gateway.log_permission import LogPermission
from lambent.gateway.refusals import denied
from lambent.model.errors import PlatformError
from lambent.observe.log_names import Group
from lambent.services.access import PlainAccess

GROUP = Group("1", "here", "g")


class Judge:
    """Stands for the authorizer: keeps what is asked, and says what it is told to."""

    def __init__(self, says: Exception | None) -> None:
        self.says = says
        self.asked: list[tuple[str, list[tuple[str, str]]]] = []

    async def check(self, principal: Principal, access: Any, needs: Any, region: str, request: Any) -> None:
        self.asked.append((principal.arn, [(need.action, need.resource) for need in needs]))
        if self.says is not None:
            raise self.says


@pytest.mark.parametrize(
    ("says", "allowed"), [(None, True), (denied("u", "a", "r"), False), (PlatformError("disk"), True)]
)
async def test_what_is_asked(says: Exception | None, allowed: bool) -> None:
    judge = Judge(says)
    permission = LogPermission(judge, PlainAccess("logs"), lambda role, session: Principal("1", role, ""))  # type: ignore[arg-type]
    arn = "arn:aws:logs:here:1:log-group:g:log-stream:"
    assert await permission.judge(GROUP, "role", True) is allowed
    assert await permission.judge(GROUP, "role", False) is allowed
    assert judge.asked == [
        ("role", [("logs:CreateLogStream", arn), ("logs:PutLogEvents", arn)]),
        ("role", [("logs:CreateLogGroup", arn), ("logs:CreateLogStream", arn), ("logs:PutLogEvents", arn)]),
    ]
