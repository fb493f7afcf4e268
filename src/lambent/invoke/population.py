"""Which environments there are, of which versions, and which are idle in which order. `pool` has the rules."""

from __future__ import annotations

from collections import Counter, deque
from enum import Enum, auto
from typing import TYPE_CHECKING

from lambent.model.function import FunctionVersion

if TYPE_CHECKING:
    from lambent.invoke.provisioning import Share

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


class Population:
    """All environments and all versions that have one or a request.

    `tenanted`: how many environments of tenants a function (ARN) has.
    """

    def __init__(self) -> None:
        self.members: dict[int, Member] = {}
        self.versions: dict[Key, Version] = {}
        self.tenanted: Counter[str] = Counter()
        self._idle: dict[int, Member] = {}
        self._last_number = 0

    def version(self, function: FunctionVersion, tenant: str | None = None) -> Version:
        """What is known of a revision (for a tenant); from now on, until it is empty."""
        key = (function.arn, function.revision_id, tenant)
        version = self.versions.get(key)
        if version is None:
            version = self.versions[key] = Version(key, function)
        return version

    def forget_if_empty(self, version: Version) -> None:
        """Remember nothing of a version that has no environment and no request."""
        if not version.population and not version.waiting and not version.postponed:
            self.versions.pop(version.key, None)

    def add(self, version: Version, *, provisioned: bool) -> Member:
        """A new environment, under a new number."""
        self._last_number += 1
        member = self.members[self._last_number] = Member(self._last_number, version, provisioned=provisioned)
        version.population += 1
        if version.tenant is not None:
            self.tenanted[version.function.function_arn] += 1
        return member

    def remove(self, member: Member) -> None:
        """It is no more."""
        if member.phase is Phase.IDLE:
            self.withdraw(member)
        del self.members[member.number]
        member.version.population -= 1
        if member.version.tenant is not None:
            self._tenant_left(member.version.function.function_arn)
        self.forget_if_empty(member.version)

    def _tenant_left(self, function_arn: str) -> None:
        self.tenanted[function_arn] -= 1
        if not self.tenanted[function_arn]:
            del self.tenanted[function_arn]

    def take(self, version: Version) -> Member | None:
        """Make one of its idle environments busy: a provisioned one first, and the one that was used last."""
        if version.spare:
            member = version.spare.pop()
        elif version.idle:
            member = version.idle.pop()
            del self._idle[member.number]
        else:
            return None
        member.phase = Phase.BUSY
        return member

    def rest(self, member: Member, now: float) -> None:
        """It is idle."""
        member.phase = Phase.IDLE
        member.idle_since = now
        if member.share is not None:
            member.version.spare.append(member)
        else:
            member.version.idle.append(member)
            self._idle[member.number] = member

    def withdraw(self, member: Member) -> None:
        """It is idle no more, but has no request."""
        if self._idle.pop(member.number, None) is not None:
            member.version.idle.remove(member)  # found at once where it matters: it is mostly the first
        else:
            member.version.spare.remove(member)
        member.phase = Phase.BUSY

    def idle(self) -> list[Member]:
        """All idle environments on demand, the least recently used first."""
        return list(self._idle.values())
