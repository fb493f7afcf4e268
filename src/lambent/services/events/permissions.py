"""The policy of a bus: whole, or a statement at a time."""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.context import Context
from lambent.policy.document import Malformed, Use, parse
from lambent.services.access import Place
from lambent.services.events import errors, limits
from lambent.services.events.records import DEFAULT, Bus
from lambent.services.events.repository import Kept, Repository, again_on_conflict, put_bus
from lambent.services.operation import Params, Result, operation


class BusPermissions:
    """PutPermission, RemovePermission."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @operation("PutPermission")
    @again_on_conflict
    async def put(self, ctx: Context, params: Params) -> Result:
        """Let another account, or everybody, put events; or put a policy in place of the one that is there."""
        kept = await self._kept(ctx, params)
        if (policy := params.get("Policy")) is not None:
            return await self._write(ctx, kept, policy)
        for member in ("Action", "Principal", "StatementId"):
            if not params.get(member):
                raise errors.parameter(member, f"{member} is a required argument.")
        if params["Action"] != "events:PutEvents":
            raise errors.bad_action()
        others = [each for each in _statements(kept.value) if each.get("Sid") != params["StatementId"]]
        return await self._write(ctx, kept, _document([*others, _statement(kept.value, params)]))

    @operation("RemovePermission")
    @again_on_conflict
    async def remove(self, ctx: Context, params: Params) -> Result:
        """Take a statement away, or the whole policy."""
        kept = await self._kept(ctx, params)
        if kept.value.policy is None:
            raise errors.no_policy()
        if params.get("RemoveAllPermissions"):
            return await self._write(ctx, kept, None)
        if not params.get("StatementId"):
            raise errors.parameter("StatementId", "StatementId is a required argument.")
        before = _statements(kept.value)
        left = [each for each in before if each.get("Sid") != params["StatementId"]]
        if len(left) == len(before):
            raise errors.no_such_statement()
        return await self._write(ctx, kept, _document(left) if left else None)

    async def _kept(self, ctx: Context, params: Params) -> Kept[Bus]:
        name = params.get("EventBusName") or DEFAULT
        kept = await self._repository.kept_bus(Place(ctx.account, ctx.region), name)
        if kept is None:
            raise errors.no_such_bus(name)
        return kept

    async def _write(self, ctx: Context, kept: Kept[Bus], policy: str | None) -> Result:
        if policy is not None:
            if len(policy.encode()) > limits.POLICY_BYTES:
                raise errors.policy_too_long()
            try:
                parse(policy, Use.RESOURCE, "event bus policy")
            except Malformed as error:
                raise errors.bad_policy(str(error)) from None
        bus = msgspec.structs.replace(kept.value, policy=policy, modified=ctx.clock.now())
        await self._repository.commit(put_bus(bus, kept))
        return {}


def _statement(bus: Bus, params: Params) -> dict[str, Any]:
    principal, condition = params["Principal"], params.get("Condition")
    statement: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": params["Action"],
        "Resource": bus.arn,
    }
    if condition:
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement


def _statements(bus: Bus) -> list[dict[str, Any]]:
    listed = msgspec.json.decode(bus.policy)["Statement"] if bus.policy else []
    return listed if isinstance(listed, list) else [listed]


def _document(statements: list[dict[str, Any]]) -> str:
    return msgspec.json.encode({"Version": "2012-10-17", "Statement": statements}).decode()
