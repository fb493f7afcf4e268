"""What a function's role was used for, and what is allowed that was not: Access Analyzer's view of one function."""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.model.function import LATEST
from lambent.services.access import Place
from lambent.services.iam.identities import Identities
from lambent.services.iam.records import Role
from lambent.services.iam.repository import Repository as Roles
from lambent.services.iam.usage import Usage, least_policy, unused
from lambent.services.lambda_ import errors
from lambent.services.lambda_.names import function_arn
from lambent.services.lambda_.repository import Repository


class AccessReport:
    """Reads; changes nothing."""

    def __init__(self, functions: Repository, roles: Roles, identities: Identities, usage: Usage) -> None:
        self._functions = functions
        self._roles = roles
        self._identities = identities
        self._usage = usage

    async def of(self, account: str, region: str, function: str) -> dict[str, Any]:
        """Role, what it was used for, the least policy, statements that nothing needed, and whether anybody at all may
        call. Raises ApiError for a function that does not exist."""
        place, name = Place(account, region), function.rpartition("function:")[2].partition(":")[0]
        version = await self._functions.version(place, name, LATEST)
        if version is None:
            raise errors.function_not_found(function_arn(place, name))
        role_name = version.role.rpartition("/")[2]
        used = await self._usage.of(account, role_name)
        role = await self._roles.get(Role, account, role_name)
        policies = [] if role is None else await self._identities.documents(account, role)
        return {
            "Role": version.role,
            "Used": [{"Action": action, "Resource": resource} for action, resource in used],
            "Policy": least_policy(used),
            "Unused": unused(policies, used),
            "Public": await self._public(place, name),
        }

    async def _public(self, place: Place, name: str) -> list[str]:
        """The statements of the function's own policy that let everybody in, whoever they are."""
        document = await self._functions.policy_document(place, name, LATEST)
        statements = [] if document is None else msgspec.json.decode(document).get("Statement", [])
        return [
            str(each.get("Sid") or number)
            for number, each in enumerate(statements, 1)
            if each.get("Effect") == "Allow"
            and each.get("Principal") in ("*", {"AWS": "*"})
            and not each.get("Condition")
        ]
