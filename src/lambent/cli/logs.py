"""`lambent logs`: a function's log as the server has it, oldest first, and what comes after if asked."""

from __future__ import annotations

import argparse
import re
import time
from datetime import UTC, datetime

import msgspec

from lambent.cli import log_export
from lambent.cli.client import connect
from lambent.cli.errors import CommandError

PATH = "/_lambent/logs"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Line(msgspec.Struct):
    """One event as the server sends it: `timestamp` in epoch milliseconds."""

    timestamp: int
    message: str
    stream: str = ""


def run(arguments: argparse.Namespace) -> int:
    """Print the log; with --follow until interrupted; with --export into a file instead. Raises CommandError."""
    if arguments.export is not None:
        return log_export.run(arguments, since(arguments))
    parameters = {"function": arguments.function}
    start = since(arguments)
    if start is not None:
        parameters["start"] = str(start)
    if arguments.follow:
        parameters["follow"] = "true"
    for received in connect(arguments).lines(PATH, parameters):
        if not received:
            continue
        print(received.decode() if arguments.json else shown(msgspec.json.decode(received, type=Line)), flush=True)
    return 0


def since(arguments: argparse.Namespace) -> int | None:
    """The time that --since means, in epoch milliseconds; None without. Raises CommandError."""
    return None if arguments.since is None else int((time.time() - seconds(arguments.since)) * 1000)


def seconds(age: str) -> int:
    """Seconds in an age such as `90s`, `10m`, `2h`, `1d`. Raises CommandError."""
    match = re.fullmatch(r"(\d+)([smhd])", age)
    if match is None:
        raise CommandError(f"--since takes an age such as 30s, 10m, 2h or 1d, not {age!r}")
    return int(match[1]) * _UNITS[match[2]]


def shown(line: Line) -> str:
    """A line for people: time in UTC to the millisecond, then the message, whose control characters do nothing here."""
    moment = datetime.fromtimestamp(line.timestamp / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return f"{moment}Z  {_CONTROL.sub(_spelled, line.message.rstrip())}"


def _spelled(control: re.Match[str]) -> str:
    return f"\\x{ord(control[0]):02x}"
