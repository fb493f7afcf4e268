"""Whether an invocation may run now: the account's limit, reserved and provisioned concurrency. Pure counting.

A function with reserved concurrency is bounded by it and draws on nothing else; all others share what
is left of the account's limit. Provisioned concurrency is a version's own, out of its function's reserved
one or of the account's; what runs beyond it (*on demand*) shares what remains. Limits hold per account and region.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum, auto

from lambent.invoke.pace import Bucket, Pace
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Load


class Refusal(Enum):
    """Why not."""

    ACCOUNT = auto()
    """The account's concurrency is used up."""
    RESERVED = auto()
    """The function's reserved concurrency is."""
    ACCOUNT_RATE = auto()
    """More invocations began in a second than the account's concurrency allows."""
    RESERVED_RATE = auto()
    """The same of the function's reserved concurrency."""
    SCALING = auto()
    """The function got as many new environments as it may in this time."""
    MEMORY = auto()
    """The host's memory is used up."""
    CAPACITY = auto()
    """All environments of a function on managed instances are full."""
    TENANTS = auto()
    """The function has as many environments for its tenants as it may have."""


class _Function:
    """One function: `running` and `provisioned` by version ARN; `on_demand` is what runs beyond the provisioned.

    `total` runs now, `peak` is the most that did since somebody last asked, `busiest` the most of what is provisioned,
    by version ARN."""

    __slots__ = (
        "bucket",
        "busiest",
        "on_demand",
        "peak",
        "provisioned",
        "provisioned_total",
        "reserved",
        "running",
        "total",
    )

    def __init__(self) -> None:
        self.bucket = Bucket()
        self.reserved: int | None = None
        self.provisioned: Mapping[str, int] = {}
        self.provisioned_total = 0
        self.busiest: dict[str, int] = {}
        self.running: dict[str, int] = {}
        self.total = 0
        self.peak = 0
        self.on_demand = 0

    @property
    def claim(self) -> int:
        """What of the account's limit is this function's alone."""
        return self.provisioned_total if self.reserved is None else self.reserved

    @property
    def shared(self) -> int:
        """What of the account's unclaimed concurrency it uses."""
        return self.on_demand if self.reserved is None else 0


class _World:
    """One account in one region: its functions by name, and the sums that decide."""

    __slots__ = ("bucket", "claimed", "functions", "peak", "shared", "total")

    def __init__(self) -> None:
        self.bucket = Bucket()
        self.functions: dict[str, _Function] = {}
        self.claimed = 0
        self.shared = 0
        self.total = 0
        self.peak = 0


class Admission:
    """Counts what runs. Each `admit` that returned None is followed by exactly one `release`.

    `pace` bounds how many begin in a second; without one nothing does.
    """

    def __init__(self, *, limit: int, unreserved_minimum: int, pace: Pace | None = None) -> None:
        self._limit = limit
        self._pace = pace
        self._unreserved_minimum = unreserved_minimum
        self._worlds: dict[tuple[str, str], _World] = {}

    def admit(self, function: FunctionVersion) -> Refusal | None:
        """Count one more invocation of `function`, or say why not."""
        world = self._world(function.account, function.region)
        counts = world.functions.get(function.name)
        if counts is None:
            counts = world.functions[function.name] = _Function()
        arn = function.arn
        running = counts.running.get(arn, 0)
        on_demand = not counts.provisioned or running >= counts.provisioned.get(arn, 0)
        if on_demand:
            if counts.reserved is not None:
                if counts.on_demand >= counts.reserved - counts.provisioned_total:
                    return Refusal.RESERVED
            elif world.shared >= self._limit - world.claimed:
                return Refusal.ACCOUNT
        if self._pace is not None and (refusal := self._too_fast(self._pace, world, counts)) is not None:
            return refusal
        if on_demand:
            counts.on_demand += 1
            if counts.reserved is None:
                world.shared += 1
        elif running >= counts.busiest.get(arn, 0):
            counts.busiest[arn] = running + 1
        counts.running[arn] = running + 1
        counts.total += 1
        if counts.total > counts.peak:
            counts.peak = counts.total
        world.total += 1
        if world.total > world.peak:
            world.peak = world.total
        return None

    def _too_fast(self, pace: Pace, world: _World, counts: _Function) -> Refusal | None:
        if counts.reserved is None:
            return None if pace.take(world.bucket, self._limit) else Refusal.ACCOUNT_RATE
        return None if pace.take(counts.bucket, counts.reserved) else Refusal.RESERVED_RATE

    def release(self, function: FunctionVersion) -> None:
        """One admitted invocation of `function` is over."""
        world = self._world(function.account, function.region)
        counts = world.functions[function.name]
        arn = function.arn
        running = counts.running[arn] - 1
        counts.total -= 1
        world.total -= 1
        if running:
            counts.running[arn] = running
        else:
            del counts.running[arn]
        if not counts.provisioned or running >= counts.provisioned.get(arn, 0):
            counts.on_demand -= 1
            if counts.reserved is None:
                world.shared -= 1

    def loads(self) -> Iterator[Load]:
        """What has run since the last time, by account and region; what runs now is where the next begins."""
        for (account, region), world in self._worlds.items():
            peaks = {name: counts.peak for name, counts in world.functions.items() if counts.peak}
            unreserved = sum(peak for name, peak in peaks.items() if world.functions[name].reserved is None)
            yield Load(account, region, peaks, world.peak, min(unreserved, world.peak), world.claimed)
            world.peak = world.total
            for counts in world.functions.values():
                counts.peak = counts.total

    def busiest(self, account: str, region: str, name: str) -> Mapping[str, int]:
        """How much of a function's provisioned concurrency ran at once at most since the last time, by version ARN."""
        counts = self._world(account, region).functions.get(name)
        if counts is None:
            return {}
        busiest = counts.busiest
        running = ((arn, min(counts.running.get(arn, 0), most)) for arn, most in counts.provisioned.items())
        counts.busiest = {arn: number for arn, number in running if number}
        return busiest

    def concurrency(self, function: FunctionVersion) -> int:
        """How many invocations of the function may run at once at most."""
        counts = self._world(function.account, function.region).functions.get(function.name)
        return self._limit if counts is None or counts.reserved is None else counts.reserved

    def reserve(self, account: str, region: str, name: str, concurrency: int | None) -> None:
        """Reserve `concurrency` for a function, or nothing (None). What runs already keeps running.

        Raises ValueError if fewer than the unreserved minimum would remain for the others, or it is less than what
        the function has provisioned.
        """
        counts = self._world(account, region).functions.get(name) or _Function()
        if concurrency is not None and concurrency < counts.provisioned_total:
            raise ValueError(f"{counts.provisioned_total} are provisioned, {concurrency} would be reserved")
        self._change(account, region, name, counts, concurrency, counts.provisioned)

    def provision(self, account: str, region: str, name: str, versions: Mapping[str, int]) -> None:
        """How much each version (ARN) of a function has provisioned; replaces what was said before.

        Raises ValueError if it is more than the function has reserved, or than the others can spare.
        """
        counts = self._world(account, region).functions.get(name) or _Function()
        total = sum(versions.values())
        if counts.reserved is not None and total > max(counts.reserved, counts.provisioned_total):
            raise ValueError(f"{counts.reserved} are reserved, {total} would be provisioned")
        self._change(account, region, name, counts, counts.reserved, dict(versions))

    def forget(self, account: str, region: str, name: str) -> None:
        """The function is deleted: nothing of it is reserved or provisioned any more."""
        world = self._world(account, region)
        if (counts := world.functions.get(name)) is not None:
            self._change(account, region, name, counts, None, {})
            if not counts.running:
                del world.functions[name]

    def _change(
        self,
        account: str,
        region: str,
        name: str,
        counts: _Function,
        reserved: int | None,
        provisioned: Mapping[str, int],
    ) -> None:
        world = self._world(account, region)
        total = sum(provisioned.values())
        claim = total if reserved is None else reserved
        left = self._limit - (world.claimed - counts.claim + claim)
        if claim > counts.claim and left < self._unreserved_minimum:
            raise ValueError(f"{left} unreserved would remain, at least {self._unreserved_minimum} must")
        world.functions[name] = counts
        world.claimed += claim - counts.claim
        world.shared -= counts.shared
        counts.reserved, counts.provisioned, counts.provisioned_total = reserved, provisioned, total
        counts.on_demand = sum(max(0, running - provisioned.get(arn, 0)) for arn, running in counts.running.items())
        world.shared += counts.shared

    def _world(self, account: str, region: str) -> _World:
        world = self._worlds.get((account, region))
        if world is None:
            world = self._worlds[account, region] = _World()
        return world
