"""`lambent clock`: what time it is for the server; `lambent clock advance 2m` makes it later."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from lambent.cli.client import connect
from lambent.cli.environments import CLOCK_PATH, now
from lambent.cli.errors import CommandError
from lambent.cli.logs import seconds
from lambent.cli.output import as_json


def run(arguments: argparse.Namespace) -> int:
    """Print the time, after moving it if that was asked for."""
    client = connect(arguments)
    if arguments.action is None:
        moment = now(client)
    elif arguments.by is None:
        raise CommandError("clock advance needs an age: 30s, 10m, 2h or 1d")
    else:
        moment = client.post(CLOCK_PATH, {"advance": seconds(arguments.by)})["Now"]
    shown = datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    print(as_json({"now": moment, "utc": shown}) if arguments.json else shown)
    return 0
