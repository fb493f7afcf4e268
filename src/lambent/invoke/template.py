"""The environment in which a function is initialized once, to be captured. It serves no request, and ends with that."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from lambent.invoke.base import InitFailure
from lambent.invoke.blueprint import Blueprint
from lambent.invoke.crew import Crew
from lambent.invoke.ending import Ending
from lambent.invoke.initializing import EXTENDED_INIT_SECONDS, initialize
from lambent.invoke.room import Parts, Room
from lambent.model.runtime import RuntimeKind
from lambent.runtime_api.extension_launch import external_extensions
from lambent.sandbox.base import Capturing
from lambent.sandbox.snapshot import Snapshot

CAPTURE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Unfit:
    """The function cannot be captured: it `reason` (the end of a sentence)."""

    reason: str


Outcome = Snapshot | Unfit | InitFailure

_CODES = {"Sandbox.Timedout": "FunctionError.InitTimeout"}
_INIT_ERROR = "FunctionError.RuntimeInitError"


def unfit_ahead(blueprint: Blueprint) -> str | None:
    """What forbids a capture before anything has run."""
    if blueprint.spec.runtime.kind is not RuntimeKind.PYTHON:
        if blueprint.spec.runtime.name.startswith("python"):
            return "is started by a wrapper script"
        return f"has a runtime that cannot be captured ({blueprint.spec.runtime.name})"
    if external_extensions(blueprint.spec.layers):
        return "has extensions that run beside it"
    return None


async def make(parts: Parts, blueprint: Blueprint) -> Outcome:
    """Initialize the function and capture it. Raises PlatformError; leaves nothing but what it returns."""
    if (reason := unfit_ahead(blueprint)) is not None:
        return _unfit(blueprint, reason)
    room = await Room.open(parts.sandbox, blueprint.spec, parts.serve_endpoint)
    crew = Crew(room.environment, blueprint, parts, _ignore, _ignore)
    outcome: Outcome | None = None
    try:
        outcome = await _initialize(parts, blueprint, crew) or await _capture(blueprint, room, crew)
        crew.hang_up()
        await asyncio.gather(room.close(), crew.close())
    except BaseException:
        if isinstance(outcome, Snapshot):
            outcome.close()
        crew.hang_up()
        await asyncio.gather(room.close(), crew.close())
        raise
    finally:
        blueprint.journal.output.detach()
    return outcome


async def _initialize(parts: Parts, blueprint: Blueprint, crew: Crew) -> InitFailure | Unfit | None:
    """INIT, up to where the runtime asks for a snapshot; None if it does. Raises PlatformError."""
    limit = max(EXTENDED_INIT_SECONDS, float(blueprint.function.timeout))
    done = await initialize(crew, blueprint.journal, limit, parts.clock.monotonic)
    blueprint.journal.init_ended(done.report)
    if done.ending is not None:
        return init_failure(done.ending)
    return None if done.parked else _unfit(blueprint, "has a runtime that does not ask for a snapshot")


def init_failure(ending: Ending) -> InitFailure:
    """How an INIT that ended like this is told in a version's state."""
    reason = f"The function failed while it was initialized: {ending.error_type}."
    return InitFailure(_CODES.get(ending.error_type or "", _INIT_ERROR), reason)


async def _capture(blueprint: Blueprint, room: Room, crew: Crew) -> Snapshot | Unfit:
    environment = room.environment
    if not isinstance(environment, Capturing) or not environment.can_capture:
        return _unfit(blueprint, "runs in a sandbox that captures nothing")
    environment.make_room()
    try:
        async with asyncio.timeout(CAPTURE_SECONDS):
            reason = await crew.capture()
    except TimeoutError:
        reason = "could not be captured in time"
    blueprint.journal.output.drain()
    if reason is None:
        reason = "ended while it was captured"
    return await environment.take_snapshot() if not reason else _unfit(blueprint, reason)


def _unfit(blueprint: Blueprint, reason: str) -> Unfit:
    blueprint.journal.uncaptured(reason)
    return Unfit(reason)


def _ignore() -> None:
    """What ends by itself is noticed by who waits for it."""
