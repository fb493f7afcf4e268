"""Whether an invocation may run now: the account's limit and reserved concurrency. Pure counting.

A function with reserved concurrency is bounded by it and draws on nothing else; all others share what
is left of the account's limit. Limits hold per account and region.
"""

from __future__ import annotations

from enum import Enum, auto

from lambent.model.function import FunctionVersion


class Refusal(Enum):
    """Why not."""

    ACCOUNT = auto()
    """The account's concurrency is used up."""
    RESERVED = auto()
    """The function's reserved concurrency is."""
    SCALING = auto()
    """The function got as many new environments as it may in this time."""
    MEMORY = auto()
    """The host's memory is used up."""


class _World:
    """One account in one region: reserved and running by function name, and the sums that decide."""

    __slots__ = ("reserved", "reserved_total", "running", "running_unreserved")

    def __init__(self) -> None:
        self.reserved: dict[str, int] = {}
        self.reserved_total = 0
        self.running: dict[str, int] = {}
        self.running_unreserved = 0


class Admission:
    """Counts what runs. Each `admit` that returned None is followed by exactly one `release`."""

    def __init__(self, *, limit: int, unreserved_minimum: int) -> None:
        self._limit = limit
        self._unreserved_minimum = unreserved_minimum
        self._worlds: dict[tuple[str, str], _World] = {}

    def admit(self, function: FunctionVersion) -> Refusal | None:
        """Count one more invocation of `function`, or say why not."""
        world = self._world(function.account, function.region)
        name = function.name
        running = world.running.get(name, 0)
        reserved = world.reserved.get(name)
        if reserved is not None:
            if running >= reserved:
                return Refusal.RESERVED
        elif world.running_unreserved >= self._limit - world.reserved_total:
            return Refusal.ACCOUNT
        else:
            world.running_unreserved += 1
        world.running[name] = running + 1
        return None

    def release(self, function: FunctionVersion) -> None:
        """One admitted invocation of `function` is over."""
        world = self._world(function.account, function.region)
        name = function.name
        running = world.running[name] - 1
        if running:
            world.running[name] = running
        else:
            del world.running[name]
        if name not in world.reserved:
            world.running_unreserved -= 1

    def reserve(self, account: str, region: str, name: str, concurrency: int | None) -> None:
        """Reserve `concurrency` for a function, or nothing (None). What runs already keeps running.

        Raises ValueError if fewer than the unreserved minimum would remain for the others.
        """
        world = self._world(account, region)
        before = world.reserved.get(name)
        total = world.reserved_total - (before or 0) + (concurrency or 0)
        if total > world.reserved_total and self._limit - total < self._unreserved_minimum:
            raise ValueError(f"{self._limit - total} unreserved would remain, at least {self._unreserved_minimum} must")
        world.reserved_total = total
        running = world.running.get(name, 0)
        if concurrency is None:
            world.reserved.pop(name, None)
            world.running_unreserved += running if before is not None else 0
        else:
            world.reserved[name] = concurrency
            world.running_unreserved -= running if before is None else 0

    def _world(self, account: str, region: str) -> _World:
        world = self._worlds.get((account, region))
        if world is None:
            world = self._worlds[account, region] = _World()
        return world
