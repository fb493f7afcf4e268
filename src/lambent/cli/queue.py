"""`lambent queue peek`: what lies in a queue; `lambent queue redrive`: dead letters back to where they came from."""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from typing import Any

from lambent.cli.client import Client, connect
from lambent.cli.errors import CommandError
from lambent.cli.output import as_json, table

PATH = "/_lambent/queue"
_BODY_LETTERS = 60
_LOOK_SECONDS = 0.2


def run(arguments: argparse.Namespace) -> int:
    """Show, or move."""
    client = connect(arguments)
    return _peek(client, arguments) if arguments.action == "peek" else _redrive(client, arguments)


def _peek(client: Client, arguments: argparse.Namespace) -> int:
    asked = {"name": arguments.queue, "limit": str(arguments.limit)}
    messages = json.loads(b"".join(client.lines(PATH, asked)))["Messages"]
    if arguments.json:
        print(as_json(messages))
    else:
        rows = [_row(message) for message in messages]
        print(table(("SENT", "STATE", "RECEIVES", "MESSAGE", "BODY"), rows))
    return 0


def _redrive(client: Client, arguments: argparse.Namespace) -> int:
    """Start a task, and watch it to its end."""
    target = {"DestinationArn": _arn(client, arguments.to)} if arguments.to else {}
    source = _arn(client, arguments.queue)
    handle = client.of("sqs", "StartMessageMoveTask", SourceArn=source, **target)["TaskHandle"]
    while True:
        task = client.of("sqs", "ListMessageMoveTasks", SourceArn=source, MaxResults=1)["Results"][0]
        if task["Status"] != "RUNNING":
            break
        time.sleep(_LOOK_SECONDS)
    moved = task.get("ApproximateNumberOfMessagesMoved", 0)
    told = {"task": handle, "status": task["Status"], "moved": moved}
    print(as_json(told) if arguments.json else f"{moved} moved: {task['Status'].lower()}")
    if task["Status"] != "COMPLETED":
        raise CommandError(task.get("FailureReason") or f"the task ended as {task['Status']}")
    return 0


def _arn(client: Client, name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:sqs:{client.region}:{client.account}:{name}"


def _row(message: dict[str, Any]) -> tuple[str, ...]:
    state = (
        message["State"] if message["State"] == "visible" else f"{message['State']} to {_clock(message['VisibleAt'])}"
    )
    body = " ".join(message["Body"].split())
    shown = body if len(body) <= _BODY_LETTERS else body[: _BODY_LETTERS - 3] + "..."
    return _clock(message["Sent"]), state, str(message["Receives"]), message["MessageId"], shown


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
