"""What the pool remembers of environments and of the versions that they belong to. Data; `pool` has the rules."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from lambent.model.function import FunctionVersion

FOOTPRINT_BYTES = 48 * 1024 * 1024
"""What a new environment is taken to need until one of its version has shown it; never more than its limit."""

_MEBIBYTE = 1024 * 1024

Key = tuple[str, str]
"""A version's ARN and its revision."""


class Phase(Enum):
    """Where an environment is, as far as the pool cares."""

    STARTING = auto()
    IDLE = auto()
    BUSY = auto()


class Member:
    """One environment of the pool. `born`: when its INIT was over. `computing`: its start takes up a processor."""

    __slots__ = ("born", "computing", "idle_since", "number", "phase", "version")

    def __init__(self, number: int, version: Version) -> None:
        self.number = number
        self.version = version
        self.phase = Phase.STARTING
        self.computing = True
        self.born: float | None = None
        self.idle_since = 0.0

    def older_than(self, seconds: float, now: float) -> bool:
        """True once it has lived for that long."""
        return self.born is not None and now - self.born >= seconds


class Version:
    """One revision of one function version: its environments and waiting requests.

    `idle`: the one idle longest first. `starting`: environments whose INIT is not over, `postponed`: starts that wait
    for their turn. `footprint` is the memory that one environment needs, in bytes, as far as known.
    """

    __slots__ = ("footprint", "function", "idle", "key", "population", "postponed", "retired", "starting", "waiting")

    def __init__(self, key: Key, function: FunctionVersion) -> None:
        self.key = key
        self.function = function
        self.idle: deque[Member] = deque()
        self.waiting: deque[int] = deque()
        self.starting = 0
        self.postponed = 0
        self.population = 0
        self.retired = False
        self.footprint = min(FOOTPRINT_BYTES, function.memory_mb * _MEBIBYTE)
