"""`lambent runtimes` and `lambent doctor`: what this machine can do. Neither needs a server nor a data directory."""

from __future__ import annotations

import argparse
import asyncio

import msgspec

from lambent.cli.client import settings_of
from lambent.cli.output import as_json, table
from lambent.runtimes.choose import Chooser, Listed
from lambent.runtimes.discover import discover
from lambent.runtimes.places import Places
from lambent.sandbox.base import Feature
from lambent.sandbox.probe import examine


class Report(msgspec.Struct, frozen=True):
    """What `lambent doctor --json` prints."""

    sandbox: list[Feature]
    runtimes: list[Listed]


def run(arguments: argparse.Namespace) -> int:
    """List the runtimes, or examine the machine."""
    settings = settings_of(arguments)
    runtimes = Chooser(discover(Places.of(settings)), strict=settings.strict_runtimes).listing()
    if arguments.command == "doctor":
        return _doctor(Report(asyncio.run(examine()), runtimes), as_program=arguments.json)
    print(as_json(runtimes) if arguments.json else runtimes_table(runtimes))
    return 0


def runtimes_table(runtimes: list[Listed]) -> str:
    """The runtimes for people."""
    columns = ("RUNTIME", "STATUS", "SERVED BY", "VERSION", "FOUND IN", "EXECUTABLE")
    rows = [(r.name, r.status, r.served_by, r.version, r.source, r.executable) for r in runtimes]
    return table(columns, rows)


def _doctor(report: Report, *, as_program: bool) -> int:
    works = all(part.works for part in report.sandbox)
    if as_program:
        print(as_json(report))
    else:
        parts = [("yes" if part.works else "NO", part.name, part.detail) for part in report.sandbox]
        print(table(("WORKS", "PART OF THE SANDBOX", "HOW, OR WHY NOT"), parts))
        print()
        print(runtimes_table(report.runtimes))
        print()
        print(
            "All of the sandbox works here."
            if works
            else "Not all of the sandbox works here: SECURITY.md says what is lost."
        )
    return 0 if works else 1
