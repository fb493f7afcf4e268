"""Lambent that records nothing: no log, metric, trace, bill or trail. Takes the options of `serve`."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from lambent import app
from lambent.assembly.ground import Ground
from lambent.assembly.observed import Observed, open_observed
from lambent.cli.main import main
from lambent.invoke import blueprint
from lambent.invoke.journal import Journal
from lambent.invoke.witness import Observers
from lambent.observe.logs import LogStore
from lambent.observe.trail import Trail


class SilentJournal(Journal):
    """Tells nobody of an invocation."""

    def started(self, *told: Any) -> None:
        """See `Journal`."""

    def ended(self, *told: Any) -> None:
        """See `Journal`."""


class SilentTrail(Trail):
    """Keeps nothing."""

    def record(self, *told: Any) -> None:
        """See `Trail`."""


async def unobserved(stack: AsyncExitStack, ground: Ground, logs: LogStore) -> Observed:
    """All of it, and nobody who fills it."""
    return replace(await open_observed(stack, ground, logs), observers=Observers())


if __name__ == "__main__":
    vars(blueprint)["Journal"] = SilentJournal
    vars(app).update(Trail=SilentTrail, open_observed=unobserved)
    raise SystemExit(main(["serve", *sys.argv[1:]]))
