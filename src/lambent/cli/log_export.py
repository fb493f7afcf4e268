"""`lambent logs FUNCTION --export FILE`: every event of the log group, one JSON object a line, oldest first."""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path
from typing import Any

import msgspec

from lambent.cli.client import Client, connect
from lambent.cli.errors import CommandError
from lambent.model.errors import ApiError


def run(arguments: argparse.Namespace, start_ms: int | None) -> int:
    """Write the file, anew if it is there. Raises CommandError, ApiError."""
    if arguments.follow:
        raise CommandError("--export writes what there is: it goes without --follow")
    client = connect(arguments)
    params: dict[str, Any] = {"logGroupName": _group(client, arguments.function)}
    if start_ms is not None:
        params["startTime"] = start_ms
    target, count = Path(arguments.export), 0
    try:
        with gzip.open(target, "wb") if target.suffix == ".gz" else target.open("wb") as file:
            while True:
                page = client.of("logs", "FilterLogEvents", **params)
                for event in page["events"]:
                    line = {
                        "timestamp": event["timestamp"],
                        "message": event["message"],
                        "stream": event["logStreamName"],
                    }
                    file.write(msgspec.json.encode(line) + b"\n")
                count += len(page["events"])
                if not page.get("nextToken"):
                    break
                params["nextToken"] = page["nextToken"]
    except OSError as error:
        raise CommandError(f"{target} cannot be written: {error.strerror}") from error
    print(f"{count} events in {target}")
    return 0


def _group(client: Client, function: str) -> str:
    """The function's log group; the usual one of a function that is not there any more."""
    try:
        return str(client.call("GetFunctionConfiguration", FunctionName=function)["LoggingConfig"]["LogGroup"])
    except ApiError as error:
        if error.code != "ResourceNotFoundException":
            raise
        return f"/aws/lambda/{function}"
