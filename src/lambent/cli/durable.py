"""`lambent durable list|show|history`: durable executions, where they stand, and what happened in them."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from lambent.cli.client import Client, connect
from lambent.cli.output import as_json, table

_KEPT = ("EventType", "EventId", "EventTimestamp", "Id", "Name", "ParentId", "SubType")


def run(arguments: argparse.Namespace) -> int:
    """Print the executions of a function, or one of them, or its history."""
    client, named = connect(arguments), arguments.named
    match arguments.action:
        case "list":
            found = list(
                client.pages("ListDurableExecutionsByFunction", "DurableExecutions", FunctionName=named, MaxItems=1000)
            )
            print(as_json(found) if arguments.json else listing(found))
        case "show":
            shown = client.call("GetDurableExecution", DurableExecutionArn=named)
            print(as_json(shown) if arguments.json else table(("MEMBER", "VALUE"), _members(shown)))
        case _:
            events = history(client, named)
            print(as_json(events) if arguments.json else lines(events))
    return 0


def history(client: Client, arn: str) -> list[dict[str, Any]]:
    """Every event of an execution, the oldest first. Raises ApiError, CommandError."""
    return list(client.pages("GetDurableExecutionHistory", "Events", DurableExecutionArn=arn, MaxItems=1000))


def listing(executions: list[dict[str, Any]]) -> str:
    """A table for people, or a sentence where there is nothing to list."""
    if not executions:
        return "No durable executions: one begins when the function is invoked."
    rows = [(_time(each["StartTimestamp"]), each["Status"], each["DurableExecutionArn"]) for each in executions]
    return table(("STARTED", "STATUS", "EXECUTION"), rows)


def lines(events: list[dict[str, Any]]) -> str:
    """The history for people: when, what, of which operation, and what was said."""
    rows = [
        (_time(each["EventTimestamp"]), each["EventType"], each.get("Name") or each.get("Id", "")[:8], _said(each))
        for each in events
    ]
    return table(("TIME", "EVENT", "OPERATION", "DATA"), rows)


def _members(shown: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, _time(value) if isinstance(value, datetime) else str(value)[:200]) for name, value in shown.items()]


def _said(event: dict[str, Any]) -> str:
    """What a function or a caller said, as far as a line goes."""
    for name, details in event.items():
        if name not in _KEPT:
            payloads = [part["Payload"] for part in details.values() if isinstance(part, dict) and "Payload" in part]
            return str(payloads[0])[:60] if payloads else ""
    return ""


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
