"""`lambent trail`, `lambent explain`, `lambent policy suggest`: what was done, why it was denied, what would do."""

from __future__ import annotations

import argparse
from typing import Any

import msgspec

from lambent.cli.client import Client, connect
from lambent.cli.errors import CommandError
from lambent.cli.output import as_json, table

TRAIL_PATH = "/_lambent/trail"
ACCESS_PATH = "/_lambent/access"


def run(arguments: argparse.Namespace) -> int:
    """Do what the command says."""
    client = connect(arguments)
    match arguments.command:
        case "trail":
            return _trail(client, arguments)
        case "explain":
            return _explain(client, arguments)
        case _:
            return _suggest(client, arguments)


def _trail(client: Client, arguments: argparse.Namespace) -> int:
    events = list(reversed(_events(client, {"limit": str(arguments.limit)})))
    if arguments.json:
        for event in events:
            print(as_json(event))
        return 0
    rows = [
        (
            event["eventTime"],
            event["eventName"],
            event["userIdentity"].get("arn", event["userIdentity"]["type"]),
            event.get("errorCode", "-"),
            event["requestID"],
        )
        for event in events
    ]
    print(table(("TIME", "EVENT", "WHO", "ERROR", "REQUEST"), rows))
    return 0


def _explain(client: Client, arguments: argparse.Namespace) -> int:
    """Why a request was denied."""
    events = _events(client, {"limit": "1", "request": arguments.request})
    if not events:
        raise CommandError(f"the trail knows no request {arguments.request}")
    event = events[0]
    decision: dict[str, Any] | None = event.get("additionalEventData", {}).get("decision")
    if arguments.json:
        print(as_json({"event": event, "decision": decision}))
        return 0
    if "errorCode" not in event:
        print(f"{event['eventName']} was allowed.")
        return 0
    print(f"{event['errorCode']}: {event['errorMessage']}")
    if decision is None:
        return 0
    print(f"\nprincipal  {decision['principal']}\naction     {decision['action']}\nresource   {decision['resource']}")
    if "statement" in decision:
        print(f"denied by  statement {decision['statement']} of {decision['policy']} ({decision['by']})")
    else:
        print(f"denied     because no {decision['by']} allows it")
    for key, values in decision.get("conditionValues", {}).items():
        print(f"           {key} was {', '.join(values) or 'absent'}")
    return 0


def _suggest(client: Client, arguments: argparse.Namespace) -> int:
    """The least policy that a function's role needs."""
    found = msgspec.json.decode(b"".join(client.lines(ACCESS_PATH, {"function": arguments.function})))
    if arguments.json:
        print(as_json(found))
        return 0
    print(as_json(found["Policy"]))
    for each in found["Unused"]:
        print(f"# not needed so far: statement {each['Statement']} of {each['Policy']}")
    for sid in found["Public"]:
        print(f"# anybody may call: statement {sid} of the function's policy")
    return 0


def _events(client: Client, parameters: dict[str, str]) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in client.lines(TRAIL_PATH, parameters)]
