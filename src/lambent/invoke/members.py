"""What the pool is about: environments (members) of versions, and shares of what is provisioned. Records without rules:
`population`, `provisioning` and `pool` have those."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from lambent.invoke.base import Provisioned
from lambent.invoke.base import ProvisionedStatus as Status
from lambent.model.function import FunctionVersion

FOOTPRINT_BYTES = 48 * 1024 * 1024
"""What a new environment is taken to need until one of its version has shown it; never more than its limit."""

_MEBIBYTE = 1024 * 1024

Key = tuple[str, str, str | None]
"""A version's ARN, its revision, and the tenant that its environments serve (None: the function has none)."""


class Phase(Enum):
    """Where an environment is, as far as the pool cares."""

    STARTING = auto()
    HELD = auto()
    """Initialized, but its allocation is not complete."""
    IDLE = auto()
    BUSY = auto()


class Member:
    """One environment of the pool. `born`: when its INIT was over. `computing`: its start takes up a processor.

    `share`: the provisioned concurrency that it is part of; `provisioned` if it ever was. `leaving`: it ends as soon
    as it is free.
    """

    __slots__ = ("born", "computing", "idle_since", "leaving", "number", "phase", "provisioned", "share", "version")

    def __init__(self, number: int, version: Version, *, provisioned: bool = False) -> None:
        self.number = number
        self.version = version
        self.provisioned = provisioned
        self.phase = Phase.STARTING
        self.computing = True
        self.born: float | None = None
        self.idle_since = 0.0
        self.share: Share | None = None
        self.leaving = False

    def older_than(self, seconds: float, now: float) -> bool:
        """True once it has lived for that long."""
        return self.born is not None and now - self.born >= seconds


class Version:
    """One revision of one function version, for one tenant if it has any: its environments and waiting requests.

    `idle`: the one idle longest first; `spare`: the same of those that are provisioned. `starting`: environments on
    demand whose INIT is not over, `postponed`: starts of such that wait for their turn. `footprint` is the memory that
    one environment needs, in bytes, as far as known. `most`: how many environments of tenants the function may have.
    """

    __slots__ = (
        "footprint",
        "function",
        "idle",
        "key",
        "most",
        "population",
        "postponed",
        "retired",
        "spare",
        "starting",
        "waiting",
    )

    def __init__(self, key: Key, function: FunctionVersion) -> None:
        self.key = key
        self.function = function
        self.idle: deque[Member] = deque()
        self.spare: deque[Member] = deque()
        self.waiting: deque[int] = deque()
        self.starting = 0
        self.postponed = 0
        self.population = 0
        self.retired = False
        self.most: int | None = None
        self.footprint = min(FOOTPRINT_BYTES, function.memory_mb * _MEBIBYTE)

    @property
    def tenant(self) -> str | None:
        """Whom alone its environments serve."""
        return self.key[2]

    def is_full(self, tenanted: int) -> bool:
        """Whether its function has as many environments of tenants (`tenanted`) as it may have."""
        return self.most is not None and tenanted >= self.most


class Share:
    """So many environments of one version. `members` counts those that start or serve, not those to be replaced."""

    __slots__ = ("function", "members", "target", "wanted")

    def __init__(self, function: FunctionVersion, wanted: int, target: Target) -> None:
        self.function = function
        self.wanted = wanted
        self.target = target
        self.members: dict[int, Member] = {}

    @property
    def key(self) -> Key:
        """Whose environments it has."""
        return self.function.arn, self.function.revision_id, None

    @property
    def line(self) -> str:
        """Where it waits for its turns: beside the requests of its function, not behind them."""
        return f"provision {self.target.arn}"

    @property
    def missing(self) -> int:
        """How many are to be started yet."""
        return max(0, self.wanted - len(self.members)) if self.target.status is not Status.FAILED else 0


class Target:
    """What was asked for one ARN. `held` are initialized but not open yet, `outgoing` open until they are replaced."""

    __slots__ = ("arn", "held", "is_retried", "outgoing", "reason", "shares", "status")

    def __init__(self, arn: str) -> None:
        self.arn = arn
        self.shares: list[Share] = []
        self.held: list[Member] = []
        self.outgoing: deque[Member] = deque()
        self.status = Status.IN_PROGRESS
        self.reason: str | None = None
        self.is_retried = False

    def complete(self) -> bool:
        """True if all that was asked for is initialized."""
        return all(
            len(share.members) == share.wanted
            and all(member.phase is not Phase.STARTING for member in share.members.values())
            for share in self.shares
        )

    def info(self) -> Provisioned:
        """It, as it is now."""
        members = [member for share in self.shares for member in share.members.values()]
        allocated = sum(member.phase is not Phase.STARTING for member in members)
        requested = sum(share.wanted for share in self.shares)
        return Provisioned(requested, allocated, allocated - len(self.held), self.status, self.reason)
