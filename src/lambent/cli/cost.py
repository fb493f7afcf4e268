"""`lambent cost`: what AWS would have asked for what functions did, as a table, JSON, or a Cost and Usage Report."""

from __future__ import annotations

import argparse
import json
from typing import Any

from lambent.cli.client import connect
from lambent.cli.output import table

PATH = "/_lambent/cost"
_COLUMNS = {
    "requests": "REQUESTS",
    "gb_seconds": "GB-SECONDS",
    "provisioned_gb_seconds": "PROVISIONED",
    "provisioned_concurrency_gb_seconds": "CONCURRENCY",
    "storage_gb_seconds": "STORAGE",
    "streamed_gb": "STREAMED GB",
    "restored_gb": "RESTORED GB",
    "cached_gb_seconds": "CACHED GB-S",
}


def run(arguments: argparse.Namespace) -> int:
    """Print the bill. Raises CommandError."""
    wanted = {"from": arguments.first, "to": arguments.last, "by": arguments.by, "tag": arguments.tag}
    parameters = {name: value for name, value in wanted.items() if value is not None}
    if arguments.no_free_tier:
        parameters["free"] = "no"
    if arguments.csv:
        parameters["format"] = "csv"
    text = b"\n".join(connect(arguments).lines(PATH, parameters)).decode()
    print(text if arguments.json or arguments.csv else page(json.loads(text)))
    return 0


def page(bill: dict[str, Any]) -> str:
    """The bill for people."""
    kinds = [kind for kind in _COLUMNS if any(kind in row["Amounts"] for row in bill["Rows"])]
    rows = [
        (row["Name"] or "-", *(amount(row["Amounts"].get(kind, 0.0)) for kind in kinds), money(row["Cost"]))
        for row in bill["Rows"]
    ]
    shown = table(("", *(_COLUMNS[kind] for kind in kinds), bill["Currency"]), rows) if rows else "nothing was used"
    return (
        f"{shown}\n\n{bill['First']} to {bill['Last']}: {money(bill['Total'])} {bill['Currency']};"
        f" this month comes to {money(bill['Forecast'])} if it goes on so (prices of {bill['AsOf']})"
    )


def amount(value: float) -> str:
    """An amount with as many digits as matter."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.4g}"


def money(value: float) -> str:
    """Money: cents, or what is needed to see anything."""
    return f"{value:,.2f}" if value >= 0.1 or value == 0 else f"{value:.8f}".rstrip("0")
