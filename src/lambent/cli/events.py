"""`lambent events tail`, and what `lambent invoke --async --watch` prints: asynchronous events, step by step."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from lambent.cli.client import Client, connect

PATH = "/_lambent/events"


def run(arguments: argparse.Namespace) -> int:
    """Print the last steps of all events, then those that come, until interrupted."""
    shown = line if arguments.bus is None else bus_line
    for step in steps(connect(arguments), follow=not arguments.once, bus=arguments.bus):
        print(json.dumps(step) if arguments.json else shown(step), flush=True)
    return 0


def watch(client: Client, event: str, *, as_json: bool) -> bool:
    """Print an event's steps from its acceptance to its end; True if its function succeeded."""
    succeeded = False
    for step in steps(client, event=event, follow=True):
        succeeded |= step["what"] == "succeeded"
        print(json.dumps(step) if as_json else line(step), flush=True)
    return succeeded


def steps(
    client: Client, *, follow: bool, event: str | None = None, bus: str | None = None
) -> Iterator[dict[str, Any]]:
    """The server's steps, of one asynchronous event, of all, or of those on a bus."""
    parameters = {"follow": "true"} if follow else {}
    parameters |= {name: value for name, value in (("event", event), ("bus", bus)) if value is not None}
    for text in client.lines(PATH, parameters):
        yield json.loads(text)


def line(step: dict[str, Any]) -> str:
    """One step for people: when, which event of which function, what, and what is next."""
    attempt = f" (attempt {step['attempt']})" if step.get("attempt") else ""
    detail = f": {step['detail']}" if step.get("detail") else ""
    following = f"; again at {_clock(step['next'])}" if step.get("next") is not None else ""
    said = f"{step['what']}{attempt}{detail}{following}"
    return f"{_clock(step['time'])}  {step['event'][:8]}  {step['function']}  {said}"


def bus_line(step: dict[str, Any]) -> str:
    """One step on a bus for people: when, which event, what it is, and where it goes or went."""
    if step["what"] == "put":
        found = ", ".join(step.get("rules", ())) or "no rule"
        said = f"put: {step['detail_type']!r} of {step['source']} finds {found}"
    else:
        attempt = f" (attempt {step['attempt']})" if step["attempt"] > 1 else ""
        detail = f": {step['detail']}" if step.get("detail") else ""
        following = f"; again at {_clock(step['next'])}" if step.get("next") is not None else ""
        said = f"{step['rule']} -> {step['target']}: {step['what']}{attempt}{detail}{following}"
    return f"{_clock(step['time'])}  {step['event'][:8]}  {said}"


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%H:%M:%S.%f")[:-3]
