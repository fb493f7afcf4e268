"""May a function's role write its log? Judged as a call of CloudWatch Logs by that role would be."""

from __future__ import annotations

from collections.abc import Callable

from lambent.context import Principal
from lambent.gateway.authorize import Authorizer
from lambent.gateway.refusals import Refused
from lambent.model.errors import PlatformError
from lambent.observe.log_names import Group
from lambent.services.access import Access, Need

_SESSION = "logs"


class LogPermission:
    """`judge` is `observe.log_permits`'."""

    def __init__(self, authorizer: Authorizer, access: Access, in_role: Callable[[str, str], Principal]) -> None:
        """`in_role` says who acts in a session of a role, by its ARN; `access` what policies groups have."""
        self._authorizer = authorizer
        self._access = access
        self._in_role = in_role

    async def judge(self, group: Group, role: str, there: bool) -> bool:
        """Whether a role may write to a group, and make it if it is not there. When we cannot tell, lines are kept."""
        arn = f"arn:aws:logs:{group.region}:{group.account}:log-group:{group.name}:log-stream:"
        actions = (
            ("CreateLogStream", "PutLogEvents") if there else ("CreateLogGroup", "CreateLogStream", "PutLogEvents")
        )
        needs = [Need(f"logs:{action}", arn, group.account) for action in actions]
        try:
            await self._authorizer.check(self._in_role(role, _SESSION), self._access, needs, group.region, None)
        except Refused:
            return False
        except PlatformError:
            return True
        return True
