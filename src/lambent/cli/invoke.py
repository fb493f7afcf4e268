"""`lambent invoke`: one invocation; the answer on standard output, all else on standard error.

With `--async` the event is only handed over, and its request id printed; `--watch` follows it to its end.
"""

from __future__ import annotations

import argparse
import base64
import sys
from pathlib import Path
from typing import Any

from lambent.cli import events
from lambent.cli.client import Client, connect
from lambent.cli.errors import CommandError
from lambent.cli.output import as_json


def run(arguments: argparse.Namespace) -> int:
    """Invoke and print. Exit status 1 if the function failed."""
    params: dict[str, Any] = {"FunctionName": arguments.function, "Payload": payload(arguments.payload)}
    if arguments.qualifier is not None:
        params["Qualifier"] = arguments.qualifier
    if arguments.tenant is not None:
        params["TenantId"] = arguments.tenant
    client = connect(arguments)
    if arguments.is_async or arguments.watch:
        if arguments.log:
            raise CommandError("an asynchronous invocation brings no log back: see lambent logs")
        return _hand_over(client, params, arguments)
    if arguments.log:
        params["LogType"] = "Tail"
    answer = client.call("Invoke", **params)
    log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
    text = bytes(answer["Payload"]).decode(errors="replace")
    failed = answer.get("FunctionError")
    if arguments.json:
        shown = {"payload": text, "executed_version": answer.get("ExecutedVersion"), "function_error": failed}
        print(as_json({**shown, "log": log} if arguments.log else shown))
    else:
        if log:
            print(log, end="" if log.endswith("\n") else "\n", file=sys.stderr)
        print(text)
        if failed:
            print(f"lambent: the function failed ({failed})", file=sys.stderr)
    return 1 if failed else 0


def _hand_over(client: Client, params: dict[str, Any], arguments: argparse.Namespace) -> int:
    """Accepted is enough, unless the event is to be followed: then what its function did counts."""
    event = client.hand_over(**params)
    if arguments.watch:
        return 0 if events.watch(client, event, as_json=arguments.json) else 1
    print(as_json({"request_id": event}) if arguments.json else event)
    return 0


def payload(given: str) -> bytes:
    """The event: literally, from a file after `@`, from standard input for `-`. Raises CommandError."""
    if given == "-":
        return sys.stdin.buffer.read()
    if given.startswith("@"):
        try:
            return Path(given[1:]).read_bytes()
        except OSError as error:
            raise CommandError(f"cannot read the event: {error}") from error
    return given.encode()
