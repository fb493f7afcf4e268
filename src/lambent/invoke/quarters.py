"""The room that an environment has at the moment, or none: opened, traced, exchanged for another, given up."""

from __future__ import annotations

from dataclasses import replace

from lambent.invoke.blueprint import Blueprint
from lambent.invoke.meter import Meter
from lambent.invoke.room import Parts, Room
from lambent.invoke.trace import ACTIVE
from lambent.model.errors import PlatformError
from lambent.sandbox.base import Environment, Usage


class Quarters:
    """One environment's. `room` is None before `open`, and after `leave`."""

    __slots__ = ("_blueprint", "_meter", "_parts", "room", "traces")

    def __init__(self, blueprint: Blueprint, parts: Parts, meter: Meter) -> None:
        self._blueprint = blueprint
        self._parts = parts
        self._meter = meter
        self.room: Room | None = None
        self.traces = False
        """Whether segments that the function sends are taken."""

    async def open(self, *, again: bool = False) -> Room:
        """Make the sandbox; `again`: for one that cannot be cleared, one more with the same variables and log.

        Raises PlatformError.
        """
        parts, blueprint = self._parts, self._blueprint
        spec, port = blueprint.spec, blueprint.debug_port
        if again:
            spec, port = replace(spec, id=parts.ids.hex(32)), None
        self.traces = blueprint.function.tracing == ACTIVE
        traced = (blueprint.function, parts.observers) if self.traces else None
        self.room = await Room.open(parts.sandbox, spec, parts.serve_endpoint, port, traced)
        return self.room

    @property
    def live(self) -> Room:
        """The room. Raises PlatformError if there is none."""
        if self.room is None:
            raise PlatformError(f"environment {self._blueprint.spec.id} is gone")
        return self.room

    @property
    def environment(self) -> Environment | None:
        """The sandbox's part of it."""
        return None if self.room is None else self.room.environment

    async def trace(self) -> None:
        """From now on segments that the function sends are taken. Raises PlatformError."""
        await self.live.trace(self._blueprint.function, self._parts.observers)
        self.traces = True

    def usage(self) -> Usage:
        """Memory and processor time now, or as they were last."""
        return self._meter.usage if self.room is None else self._meter.read(self.room.environment)

    def leave(self) -> Room | None:
        """The room, which is to be closed: it is no more. Its last reading is kept."""
        self.usage()
        room, self.room = self.room, None
        return room
