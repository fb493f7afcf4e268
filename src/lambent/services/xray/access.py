"""What calls of X-Ray need: groups and sampling rules one by one, traces as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from lambent.services.access import UNGUARDED, Guarded, Need, Place
from lambent.services.operation import Params
from lambent.services.xray.repository import Repository


class XrayAccess:
    """How calls are judged."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """The operation on the group or rule that it names, else on everything."""
        action = f"xray:{operation}"
        told = params.get("SamplingRule") or params.get("SamplingRuleUpdate") or params
        arn = params.get("ResourceARN") or params.get("GroupARN") or told.get("RuleARN")
        if isinstance(arn, str) and arn.startswith("arn:"):
            return (Need(action, arn, at.account),)
        prefix = f"arn:aws:xray:{at.region}:{at.account}:"
        if isinstance(name := told.get("RuleName"), str) and "Rule" in operation:
            return (Need(action, f"{prefix}sampling-rule/{name}", at.account),)
        if isinstance(name := params.get("GroupName"), str):
            group = await self._repository.group(at, name)
            return (Need(action, f"{prefix}group/{name}/*" if group is None else group.arn, at.account),)
        return (Need(action, "*", at.account),)

    async def guard(self, need: Need) -> Guarded:
        """The tags of a group or a rule; neither has a policy."""
        kind, _, name = need.resource.rpartition(":")[2].partition("/")
        parts = need.resource.split(":")
        if len(parts) != 6 or kind not in ("group", "sampling-rule"):
            return UNGUARDED
        at = Place(parts[4], parts[3])
        if kind == "group":
            group = await self._repository.group(at, name.partition("/")[0])
            return UNGUARDED if group is None else Guarded(None, group.tags)
        rule = await self._repository.rule(at, name)
        return UNGUARDED if rule is None else Guarded(None, rule.tags)
