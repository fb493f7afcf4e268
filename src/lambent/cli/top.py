"""`lambent top`: the environments live, on a terminal; one table, or one JSON object, everywhere else.

What is shown is made by pure functions; `run` asks the server, draws, and leaves the terminal as it was.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections import Counter
from typing import TextIO

import msgspec

from lambent.cli.client import Client, connect
from lambent.cli.environments import Environments, age, named, read
from lambent.cli.output import as_json, size, table
from lambent.invoke.base import EnvironmentInfo

REFRESH_SECONDS = 1.0
COLUMNS = ("FUNCTION", "VERSION", "STATE", "AGE", "INVOKED", "COLD", "WARM", "MEMORY", "CPU")
_FIRST = ("busy", "initializing", "starting", "resetting")
"""States in which something happens come first in the table."""

_ENTER = "\x1b[?1049h\x1b[?25l"
_LEAVE = "\x1b[?25h\x1b[?1049l"
_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"


class Totals(msgspec.Struct, frozen=True):
    """Sums over the environments that exist now: those that have ended are not in it."""

    environments: int
    functions: int
    states: dict[str, int]
    invocations: int
    cold: int
    warm: int
    memory_bytes: int
    cpu_seconds: float


class Shown(msgspec.Struct, frozen=True):
    """What `lambent top --json` prints; `now` in seconds since the epoch, by the server's clock."""

    now: float
    totals: Totals
    environments: list[EnvironmentInfo]


def run(arguments: argparse.Namespace) -> int:
    """Show it: once, or until interrupted. Raises CommandError."""
    client = connect(arguments)
    if arguments.json:
        seen = read(client)
        print(as_json(Shown(seen.now, totals(seen), ordered(seen))))
    elif arguments.once or not sys.stdout.isatty():
        print("\n".join(page(read(client), None, client.endpoint)))
    else:
        live(client, sys.stdout)
    return 0


def live(client: Client, screen: TextIO) -> None:
    """Draw once a second until interrupted, on a screen of its own. Raises CommandError when the server goes away."""
    before: Environments | None = None
    seen = read(client)  # a server that is not there is told of on the screen that stays
    screen.write(_ENTER)
    try:
        while True:
            columns, lines = shutil.get_terminal_size()
            screen.write(frame(fitted(page(seen, before, client.endpoint), columns, lines)))
            screen.flush()
            time.sleep(REFRESH_SECONDS)
            before, seen = seen, read(client)
    except KeyboardInterrupt:
        return
    finally:
        screen.write(_LEAVE)
        screen.flush()


def totals(seen: Environments) -> Totals:
    """The sums."""
    return Totals(
        environments=len(seen.environments),
        functions=len({info.function_arn.rpartition(":")[0] for info in seen.environments}),
        states=dict(sorted(Counter(info.state for info in seen.environments).items())),
        invocations=sum(info.invocations for info in seen.environments),
        cold=sum(info.cold for info in seen.environments),
        warm=sum(info.warm for info in seen.environments),
        memory_bytes=sum(info.memory_bytes for info in seen.environments),
        cpu_seconds=sum(info.cpu_seconds for info in seen.environments),
    )


def ordered(seen: Environments) -> list[EnvironmentInfo]:
    """Busy environments first, then by function; the oldest first."""
    return sorted(seen.environments, key=lambda info: (info.state not in _FIRST, info.function_arn, info.started_at))


def page(seen: Environments, before: Environments | None, endpoint: str) -> list[str]:
    """The lines of one picture: totals, an empty line, the table. `before` is the last picture's, for rates."""
    head = [f"lambent {endpoint}", *summary(seen, before), ""]
    if not seen.environments:
        return [*head, "No environments: one starts when a function is invoked."]
    shares = {} if before is None else cpu_shares(before, seen)
    rows = [_row(seen.now, info, shares.get(info.id)) for info in ordered(seen)]
    return [*head, *table(COLUMNS, rows).splitlines()]


def summary(seen: Environments, before: Environments | None) -> list[str]:
    """The totals in two lines."""
    sums = totals(seen)
    held = f"{counted(sums.environments, 'environment')} of {counted(sums.functions, 'function')}"
    states = ", ".join(f"{count} {state}" for state, count in sums.states.items())
    done = f"{counted(sums.invocations, 'invocation')} ({sums.cold:,} cold, {sums.warm:,} warm)"
    cpu = f"CPU {sums.cpu_seconds:.2f} s"
    if before is not None:
        done += f", {rate(before, seen):.0f}/s"
        cpu += f", {sum(cpu_shares(before, seen).values()):.0%}"
    return [held + (f": {states}" if states else ""), f"{done}   memory {size(sums.memory_bytes)}   {cpu}"]


def counted(count: int, what: str) -> str:
    """`1 function`, `2 functions`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def rate(before: Environments, seen: Environments) -> float:
    """Invocations a second between two pictures, of the environments that exist in the second."""
    seconds = seen.now - before.now
    if seconds <= 0:  # the clock was moved
        return 0.0
    earlier = {info.id: info.invocations for info in before.environments}
    return sum(info.invocations - earlier.get(info.id, 0) for info in seen.environments) / seconds


def cpu_shares(before: Environments, seen: Environments) -> dict[str, float]:
    """Processors that each environment used between two pictures (1.0 is one)."""
    seconds = seen.now - before.now
    if seconds <= 0:
        return {}
    earlier = {info.id: info.cpu_seconds for info in before.environments}
    return {info.id: max(0.0, info.cpu_seconds - earlier.get(info.id, 0.0)) / seconds for info in seen.environments}


def fitted(lines: list[str], columns: int, rows: int) -> list[str]:
    """What of the lines a screen holds; the last line tells how many are below it."""
    if len(lines) > rows:
        hidden = len(lines) - rows + 1
        lines = [*lines[: rows - 1], f"... and {hidden} more"]
    return [line[:columns] for line in lines]


def frame(lines: list[str]) -> str:
    """The bytes that put the lines over what a terminal shows, without flicker."""
    return _HOME + "\r\n".join(line + _REST_OF_LINE for line in lines) + _REST_OF_SCREEN


def _row(moment: float, info: EnvironmentInfo, share: float | None) -> tuple[str, ...]:
    return (
        *named(info),
        info.state,
        age(moment - info.started_at),
        str(info.invocations),
        str(info.cold),
        str(info.warm),
        f"{size(info.memory_bytes)} of {info.memory_mb} MB",
        f"{info.cpu_seconds:.2f} s" + ("" if share is None else f" {share:.0%}"),
    )
