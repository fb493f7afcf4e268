"""`lambent tune`: a function run at several memory sizes, and what each costs and takes.

Each size is a version of its own, published for the purpose and deleted after it; the function itself is given back its
memory size, whatever happens.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from lambent.cli.client import Client, connect
from lambent.cli.errors import CommandError
from lambent.cli.invoke import payload
from lambent.cli.output import as_json, table
from lambent.observe.bill.prices import Prices

SIZES = (128, 256, 512, 1024, 1536, 3008)
PATIENCE_SECONDS = 120.0
_BILLED = re.compile(r'Billed Duration: (\d+) ms|"billedDurationMs":(\d+)')
_BAR = 24


class Measured(msgspec.Struct, frozen=True):
    """One size: billed milliseconds of the median invocation, and what a million of them cost."""

    memory_mb: int
    billed_ms: int
    cost_of_million: float
    errors: int = 0


def run(arguments: argparse.Namespace) -> int:
    """Measure and print. Raises CommandError."""
    client = connect(arguments)
    sizes = sorted(set(arguments.memory or SIZES))
    price = prices_of(client)
    event = payload(arguments.payload)
    config = client.call("GetFunctionConfiguration", FunctionName=arguments.function)
    found: list[Measured] = []
    try:
        for memory in sizes:
            if not arguments.json:
                print(f"lambent: {memory} MB: {arguments.runs} invocations", file=sys.stderr)
            found.append(measure(client, config, memory, event, arguments.runs, price))
    finally:
        resize(client, arguments.function, config["MemorySize"])
    shown = {"measured": found, "cheapest": cheapest(found), "fastest": fastest(found), "best": best(found)}
    print(as_json(shown) if arguments.json else page(found))
    return 1 if any(each.errors for each in found) else 0


def measure(client: Client, config: dict[str, Any], memory: int, event: bytes, runs: int, price: Prices) -> Measured:
    """Run one size: once to warm it up, then `runs` times."""
    name = config["FunctionName"]
    resize(client, name, memory)
    version = client.call("PublishVersion", FunctionName=name)["Version"]
    try:
        settled(client, name, version)
        billed, errors = [], 0
        for number in range(runs + 1):
            answer = client.call("Invoke", FunctionName=name, Qualifier=version, Payload=event, LogType="Tail")
            errors += "FunctionError" in answer
            if number:
                billed.append(billed_ms(base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")))
    finally:
        client.call("DeleteFunction", FunctionName=name, Qualifier=version)
    middle = sorted(billed)[len(billed) // 2]
    region, architecture = config["FunctionArn"].split(":")[3], config["Architectures"][0]
    second = price.tiers(region, "gb_seconds", architecture)[0].price
    request = price.tiers(region, "requests", architecture)[0].price
    return Measured(memory, middle, 1e6 * (middle / 1000 * memory / 1024 * second + request), errors)


def billed_ms(log: str) -> int:
    """What the last REPORT of a log bills. Raises CommandError: there is none."""
    found = _BILLED.findall(log)
    if not found:
        raise CommandError("the invocation brought no REPORT back")
    return int(found[-1][0] or found[-1][1])


def resize(client: Client, name: str, memory: int) -> None:
    """Give a function another memory size, and wait until it has it."""
    client.call("UpdateFunctionConfiguration", FunctionName=name, MemorySize=memory)
    settled(client, name, None)


def settled(client: Client, name: str, version: str | None) -> None:
    """Wait until a function, or a version, can be invoked. Raises CommandError."""
    until = time.monotonic() + PATIENCE_SECONDS
    which = {"FunctionName": name} | ({"Qualifier": version} if version else {})
    while True:
        config = client.call("GetFunctionConfiguration", **which)
        if config["State"] == "Failed":
            raise CommandError(f"{name} has failed: {config.get('StateReason', '')}")
        if config["State"] != "Pending" and config.get("LastUpdateStatus") != "InProgress":
            return
        if time.monotonic() > until:
            raise CommandError(f"{name} is still {config['State']} after {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.05)


def prices_of(client: Client) -> Prices:
    """The server's price table."""
    text = b"\n".join(client.lines("/_lambent/prices", {}))
    return msgspec.convert(json.loads(text), Prices)


def cheapest(found: Sequence[Measured]) -> int:
    """The size that costs least."""
    return min(found, key=lambda each: each.cost_of_million).memory_mb


def fastest(found: Sequence[Measured]) -> int:
    """The smallest of those that take least time."""
    return min(found, key=lambda each: (each.billed_ms, each.memory_mb)).memory_mb


def best(found: Sequence[Measured]) -> int:
    """Where cost and time, each held against the least, weigh least together."""
    cost = min(each.cost_of_million for each in found)
    time_ = max(min(each.billed_ms for each in found), 1)
    return min(found, key=lambda each: each.cost_of_million / cost + each.billed_ms / time_).memory_mb


def page(found: Sequence[Measured]) -> str:
    """For people: a line a size, with bars, and what is best."""
    most_time = max(each.billed_ms for each in found) or 1
    most_cost = max(each.cost_of_million for each in found) or 1
    rows = [
        (
            f"{each.memory_mb} MB",
            f"{each.billed_ms} ms",
            "#" * max(1, round(_BAR * each.billed_ms / most_time)),
            f"{each.cost_of_million:.2f}",
            "#" * max(1, round(_BAR * each.cost_of_million / most_cost)),
        )
        for each in found
    ]
    failed = sum(each.errors for each in found)
    warning = f"\n{failed} invocations failed: their figures say little" if failed else ""
    return (
        f"{table(('MEMORY', 'BILLED', '', 'USD A MILLION', ''), rows)}\n\n"
        f"cheapest {cheapest(found)} MB, fastest {fastest(found)} MB, best balance {best(found)} MB{warning}"
    )
