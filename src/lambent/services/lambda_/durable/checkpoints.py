"""What holds of a whole checkpoint, before its updates are looked at one by one. Pure; refusals are ApiErrors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from lambent.services.lambda_.durable import errors, limits
from lambent.services.lambda_.durable.transitions import Update
from lambent.services.lambda_.durable.values import Action, Execution, Kind, Operation
from lambent.services.lambda_.names import identified

_STARTED_AND_MORE = (Kind.STEP, Kind.CONTEXT)


def check_batch(updates: Sequence[Update], operations: Mapping[str, Operation]) -> None:
    """The end comes once and last; parents are contexts; an operation is changed once, or started and changed."""
    ends = [update for update in updates if update["Type"] == Kind.EXECUTION]
    if len(ends) > 1:
        raise errors.several_executions()
    if ends and updates[-1] is not ends[0]:
        raise errors.execution_not_last()
    latest: dict[str, Update] = {}
    contexts = set()
    for update in updates:
        before = latest.get(update["Id"])
        if before is not None and not _goes_on(before, update):
            raise errors.same_operation()
        parent = update.get("ParentId")
        if parent is not None and parent not in contexts and not _is_context(operations.get(parent)):
            raise errors.bad_parent()
        if update["Action"] == Action.START and update["Type"] == Kind.CONTEXT:
            contexts.add(update["Id"])
        latest[update["Id"]] = update


def check_sizes(update: Update, execution: Execution) -> None:
    """What an update carries, and that whom it invokes is in the same place."""
    kind, payload = Kind(update["Type"]), update.get("Payload")
    waited_for = kind is Kind.EXECUTION and not execution.is_async
    limit = limits.PAYLOAD_BYTES if waited_for else limits.ASYNC_PAYLOAD_BYTES
    if payload is not None and len(payload.encode("utf-8", "surrogatepass")) > limit:
        raise errors.payload_too_large(kind, limit)
    if "Error" in update and len(json.dumps(update["Error"])) > limits.ERROR_BYTES:
        raise errors.error_too_large(limits.ERROR_BYTES)
    if (options := update.get("ChainedInvokeOptions")) is not None:
        place, _, _ = identified(execution, options["FunctionName"])
        if place.account != execution.account:
            raise errors.target_elsewhere("account")
        if place.region != execution.region:
            raise errors.target_elsewhere("region")


def _goes_on(before: Update, update: Update) -> bool:
    started = before["Type"] in _STARTED_AND_MORE and before["Action"] == Action.START
    return started and update["Action"] != Action.START


def _is_context(operation: Operation | None) -> bool:
    return operation is not None and operation.kind is Kind.CONTEXT
