"""Executions and updates with sensible values."""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.services.lambda_.durable.machine import Machine
from lambent.services.lambda_.durable.values import Execution

NOW = 1_790_000_000.0
ARN = "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST/durable-execution/n/i"


def execution(**more: Any) -> Execution:
    made = Execution(
        account="000000000000",
        region="us-east-1",
        function="f",
        version="$LATEST",
        name="n",
        id="i",
        invoked_arn="arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",
        started=NOW,
        deadline=NOW + 600,
        timeout_seconds=600,
        retention_days=3,
        digest="d",
    )
    return msgspec.structs.replace(made, **more)


def running(**more: Any) -> Machine:
    """An execution whose function is being invoked for the first time."""
    machine = Machine.started(execution(**more), "{}")
    machine.begin("first")
    machine.written()
    return machine


def update(kind: str, action: str, name: str = "a", **more: Any) -> dict[str, Any]:
    """An `OperationUpdate`."""
    options: dict[str, Any] = {}
    if (kind, action) == ("WAIT", "START"):
        options["WaitOptions"] = {"WaitSeconds": 60}
    if (kind, action) == ("STEP", "RETRY"):
        options["StepOptions"] = {"NextAttemptDelaySeconds": 10}
    if (kind, action) == ("CHAINED_INVOKE", "START"):
        options["ChainedInvokeOptions"] = {"FunctionName": "g"}
    return {"Id": name, "Type": kind, "Action": action} | options | more


def checkpoint(machine: Machine, *updates: dict[str, Any], now: float = NOW) -> list[str]:
    """Checkpoint with the good token; the ids and states of what was told."""
    told = machine.checkpoint(machine.token(), updates, "", now)
    machine.written()
    return [f"{each.id} {each.status}" for each in told.operations]
