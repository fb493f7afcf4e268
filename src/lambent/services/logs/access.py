"""What calls of CloudWatch Logs need, and the resource policies of log groups."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from lambent.policy.document import Malformed, Policy, Use, parse
from lambent.policy.index import PolicySet
from lambent.services.access import UNGUARDED, Guarded, Need, Place
from lambent.services.logs.destinations import SERVICE
from lambent.services.logs.records import ResourcePolicy
from lambent.services.logs.repository import Repository
from lambent.services.logs.resource_policies import OF_ACCOUNT, OF_GROUP
from lambent.services.operation import Params

_COMPILED = 2048
_ABOUT_NOTHING = frozenset(
    {
        "DeleteQueryDefinition",
        "DeleteResourcePolicy",
        "DescribeExportTasks",
        "CancelExportTask",
        "DescribeQueries",
        "DescribeQueryDefinitions",
        "DescribeResourcePolicies",
        "GetLogRecord",
        "GetQueryResults",
        "ListLogGroups",
        "PutQueryDefinition",
        "PutResourcePolicy",
        "StopQuery",
        "TestMetricFilter",
    }
)
_OF_STREAMS = frozenset({"PutLogEvents", "GetLogEvents", "DeleteLogStream", "CreateLogStream"})
_BARE = frozenset({"TagResource", "UntagResource", "ListTagsForResource", "PutLogGroupDeletionProtection"})
_MARK = ":log-group:"


class LogsAccess:
    """How calls of CloudWatch Logs are judged."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """The operation on its groups, or on its stream. A group's ARN ends in `:log-stream:`, as AWS asks for it."""
        action = f"logs:{operation}"
        if operation in _ABOUT_NOTHING:
            return (Need(action, "*", at.account),)
        names: list[object] = [
            params.get("logGroupName") or params.get("logGroupIdentifier") or params.get("resourceArn"),
            *(params.get("logGroupNames") or ()),
            *(params.get("logGroupIdentifiers") or ()),
        ]
        stream = params.get("logStreamName", "") if operation in _OF_STREAMS else ""
        suffix = "" if operation in _BARE else f":log-stream:{stream}"
        asked = [each for each in names if isinstance(each, str)] or [""]
        needs = [Need(action, _arn(at, name) + suffix, at.account) for name in asked]
        if operation == "PutSubscriptionFilter" and isinstance(role := params.get("roleArn"), str) and role:
            needs.append(Need("iam:PassRole", role, at.account, {"iam:passedtoservice": (SERVICE,)}))
        return needs

    async def guard(self, need: Need) -> Guarded:
        """The policies of the account and of the group, and the group's tags."""
        arn, mark, rest = need.resource.partition(_MARK)
        if not mark:
            return UNGUARDED
        _, _, _, region, account = arn.split(":", 4)
        name, place = rest.partition(":")[0], Place(account, region)
        policies = await self._repository.all(ResourcePolicy, place, OF_ACCOUNT)
        policies |= await self._repository.all(ResourcePolicy, place, f"{OF_GROUP}{arn}{_MARK}{name}")
        tags = (await self._repository.settings(place, name)).tags if name else {}
        if not policies:
            return Guarded(None, tags)
        return Guarded(_together(tuple(each.document for each in policies.values())), tags)


def _arn(at: Place, name: str) -> str:
    if name.startswith("arn:"):
        return name.removesuffix(":*")
    return f"arn:aws:logs:{at.region}:{at.account}{_MARK}{name}"


@lru_cache(_COMPILED)
def _together(documents: tuple[str, ...]) -> PolicySet:
    """The same set for the same documents: decisions are remembered by the set itself."""
    return PolicySet([_compiled(each) for each in documents])


@lru_cache(_COMPILED)
def _compiled(document: str) -> Policy:
    """A policy, which was checked when it came. What is no policy all the same allows nothing."""
    try:
        return parse(document, Use.RESOURCE, "resource policy")
    except Malformed:
        return Policy("resource policy", ())
