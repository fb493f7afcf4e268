"""The targets of rules: put, removed, listed."""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.events import errors, limits, render
from lambent.services.events.pages import page
from lambent.services.events.repository import Repository, again_on_conflict, put_rule
from lambent.services.events.rules import kept_rule, unmanaged
from lambent.services.events.target_checks import Reachable, checked, is_near
from lambent.services.operation import Params, Result, operation


class Targets:
    """PutTargets, RemoveTargets, ListTargetsByRule."""

    def __init__(self, repository: Repository, reachable: Reachable) -> None:
        self._repository = repository
        self._reachable = reachable

    @operation("PutTargets")
    @again_on_conflict
    async def put(self, ctx: Context, params: Params) -> Result:
        """Add targets, or say anew what those are that are there."""
        put = {each["Id"]: checked(each, self._reachable) for each in params["Targets"]}
        kept = await kept_rule(self._repository, ctx, params, params["Rule"])
        unmanaged(kept.value, force=False)
        for target in put.values():
            if not is_near(target, kept.value.arn):
                raise errors.far_log_group()
        targets = {target.id: target for target in kept.value.targets} | put
        if len(targets) > limits.TARGETS:
            raise errors.too_many_targets()
        rule = msgspec.structs.replace(kept.value, targets=tuple(targets.values()))
        await self._repository.commit(*put_rule(rule, kept))
        return {"FailedEntryCount": 0, "FailedEntries": []}

    @operation("RemoveTargets")
    @again_on_conflict
    async def remove(self, ctx: Context, params: Params) -> Result:
        """Take targets away; of those that are not there the answer tells."""
        kept = await kept_rule(self._repository, ctx, params, params["Rule"])
        unmanaged(kept.value, force=bool(params.get("Force")))
        wanted, there = set(params["Ids"]), {target.id for target in kept.value.targets}
        if wanted & there:
            left = tuple(target for target in kept.value.targets if target.id not in wanted)
            await self._repository.commit(*put_rule(msgspec.structs.replace(kept.value, targets=left), kept))
        code, text = errors.no_such_target()
        failed: list[dict[str, Any]] = [
            {"TargetId": each, "ErrorCode": code, "ErrorMessage": text} for each in params["Ids"] if each not in there
        ]
        return {"FailedEntryCount": len(failed), "FailedEntries": failed}

    @operation("ListTargetsByRule")
    async def list_targets(self, ctx: Context, params: Params) -> Result:
        """A page of a rule's targets."""
        rule = (await kept_rule(self._repository, ctx, params, params["Rule"])).value
        return page(params, "Targets", rule.targets, lambda target: target.id, render.target)
