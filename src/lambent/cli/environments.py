"""`lambent environments`: the environments of the server as they are now. `lambent top` shows the same, live."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import msgspec

from lambent.cli.client import Client, connect
from lambent.cli.output import as_json, table
from lambent.invoke.base import EnvironmentInfo

PATH = "/_lambent/environments"
CLOCK_PATH = "/_lambent/clock"


class Environments(msgspec.Struct, frozen=True):
    """All environments at one moment: `now` in seconds since the epoch, by the server's clock, which can be moved."""

    now: float
    environments: list[EnvironmentInfo]


class _Listing(msgspec.Struct, rename="pascal"):
    environments: list[EnvironmentInfo]


class _Time(msgspec.Struct, rename="pascal"):
    now: float


def run(arguments: argparse.Namespace) -> int:
    """Print the environments, of one function if it is named."""
    seen = read(connect(arguments))
    found = [info for info in seen.environments if arguments.function is None or belongs(info, arguments.function)]
    print(as_json(found) if arguments.json else listing(seen.now, found))
    return 0


def read(client: Client) -> Environments:
    """What the server says now. Raises CommandError."""
    listed = msgspec.json.decode(b"".join(client.lines(PATH, {})), type=_Listing)
    return Environments(now(client), listed.environments)


def now(client: Client) -> float:
    """What time it is by the server's clock, in seconds since the epoch. Raises CommandError."""
    return msgspec.json.decode(b"".join(client.lines(CLOCK_PATH, {})), type=_Time).now


def belongs(info: EnvironmentInfo, function: str) -> bool:
    """Whether it serves `function`: a name or an ARN, with a version or without."""
    name, version = named(info)
    unqualified = info.function_arn.removesuffix(f":{version}")
    return function in (name, f"{name}:{version}", unqualified, info.function_arn)


def named(info: EnvironmentInfo) -> tuple[str, str]:
    """Name and version of the function that it serves."""
    name, version = info.function_arn.split(":")[-2:]
    return name, version


def age(seconds: float) -> str:
    """A duration for people, two units at most: `7s`, `2m05s`, `3h12m`, `2d04h`."""
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if days:
        return f"{days}d{hours % 24:02}h"
    if hours:
        return f"{hours}h{minutes % 60:02}m"
    if minutes:
        return f"{minutes}m{whole % 60:02}s"
    return f"{whole}s"


def listing(moment: float, environments: Sequence[EnvironmentInfo]) -> str:
    """A table for people, or a sentence where there is nothing to list."""
    if not environments:
        return "No environments: one starts when a function is invoked."
    columns = ("FUNCTION", "VERSION", "STATE", "AGE", "INVOKED", "INIT", "RUNTIME", "LOG STREAM")
    return table(columns, [_row(moment, info) for info in environments])


def _row(moment: float, info: EnvironmentInfo) -> tuple[str, ...]:
    return (
        *named(info),
        info.state,
        age(moment - info.started_at),
        str(info.invocations),
        "-" if info.init_ms is None else f"{info.init_ms:.1f} ms",
        info.runtime,
        info.log_stream,
    )
