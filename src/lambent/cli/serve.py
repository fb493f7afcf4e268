"""`lambent serve`: options become settings, settings become the running program."""

from __future__ import annotations

import argparse

from lambent.cli.errors import CommandError
from lambent.settings import Settings


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM. Raises CommandError for settings that make no sense."""
    given = {name: value for name, value in vars(arguments).items() if name != "command"}
    try:
        settings = Settings.from_environment(**given)
    except ValueError as error:
        raise CommandError(str(error)) from error
    from lambent import app

    return app.run(settings)
