"""Which environment of a function on managed instances takes which request: a pure state machine.

Unlike `pool`'s, an environment takes as many requests at once as its function allows, is never frozen, and is not
started for a request: each version has as many as planned, another one when all are full (or, where that is aimed at,
too busy), and one less when that has rested. A request that finds all of them full is refused. No start goes beyond the
plan, the processors of the capacity provider, or the host's memory. Only requests that come before the first
environment is initialized wait for it, as many as all environments together could take.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

import msgspec

from lambent.invoke.admission import Refusal
from lambent.invoke.events import (
    Action,
    Arrived,
    Assign,
    Closed,
    Grew,
    Kill,
    Lost,
    Memory,
    Ready,
    Refuse,
    Retired,
    Start,
    StartFailed,
    Throttle,
    Tick,
    Yielded,
)
from lambent.invoke.headroom import Headroom
from lambent.invoke.members import FOOTPRINT_BYTES
from lambent.model.function import FunctionVersion

_LONGEST_WAIT_SECONDS = 60.0
"""Between two starts of what fails to start."""

_SMOOTHED_OVER = 10
"""So many measurements make an environment as busy as the last ones say, nearly."""


class Plan(msgspec.Struct, frozen=True):
    """Keep at least `least` environments of `function`, at most `most`; both 0: none any more.

    `vcpus`: how many processors all environments of its capacity provider may have together. `target`: how busy those
    of an environment should be at most, in percent; None: that is not looked at.
    """

    function: FunctionVersion
    least: int
    most: int
    vcpus: float
    target: float | None = None


class Hung(msgspec.Struct, frozen=True):
    """A request's time in the environment is over, but not its work: nobody waits for it any more."""

    environment: int


class Measured(msgspec.Struct, frozen=True):
    """How busy the environment's processors were since it was measured last, in percent."""

    environment: int
    busy: float


class Answered(msgspec.Struct, frozen=True):
    """A request's work in the environment is over. `late`: it was `Hung`."""

    environment: int
    now: float
    late: bool = False


Event = (
    Plan
    | Measured
    | Arrived
    | Ready
    | StartFailed
    | Yielded
    | Hung
    | Answered
    | Lost
    | Grew
    | Memory
    | Retired
    | Tick
    | Closed
)


class Standing(msgspec.Struct, frozen=True):
    """How far a plan has come: whether its first environments are still being started, and why starts fail."""

    launching: bool
    error: Exception | None = None


class Member:
    """One environment. `holds_up`: its start counts among those that may be at a time. `load`: how many requests it
    runs; for `hung` of them nobody waits any more. `busy`: percent, smoothed. `leaving`: it ends as soon as nobody
    waits for anything.
    """

    __slots__ = ("born", "busy", "group", "holds_up", "hung", "idle_since", "leaving", "load", "number", "ready")

    def __init__(self, number: int, group: Group) -> None:
        self.number = number
        self.group = group
        self.ready = False
        self.busy = 0.0
        self.holds_up = True
        self.load = 0
        self.hung = 0
        self.leaving = False
        self.born = 0.0
        self.idle_since = 0.0


class Group:
    """All environments of one revision of a version. `waiting`: requests from before the first was initialized.

    `failures`: how many starts have failed in a row, the last with `error`; until `retry_at` none is tried again.
    """

    __slots__ = ("error", "failures", "footprint", "members", "plan", "retry_at", "waiting")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.members: dict[int, Member] = {}
        self.waiting: deque[int] = deque()
        self.footprint = FOOTPRINT_BYTES
        self.failures = 0
        self.error: Exception | None = None
        self.retry_at = 0.0

    @property
    def slots(self) -> int:
        """How many requests one environment takes at once."""
        capacity = self.plan.function.capacity
        return 1 if capacity is None else capacity.concurrency

    @property
    def provider(self) -> str:
        """Whose processors it uses."""
        capacity = self.plan.function.capacity
        return "" if capacity is None else capacity.provider

    @property
    def staying(self) -> list[Member]:
        """Those that are not to end."""
        return [member for member in self.members.values() if not member.leaving]

    @property
    def starting(self) -> int:
        """How many are not initialized yet."""
        return sum(not member.ready for member in self.members.values())

    def free(self) -> Member | None:
        """The one with the least to do that can take a request."""
        able = [member for member in self.members.values() if member.ready and member.load < self.slots]
        return min(able, key=lambda member: (member.leaving, member.load), default=None)


class Crowd:
    """See the module. `starts` bounds how many are initialized at a time, until they have `Yielded`.

    Times are seconds.
    """

    def __init__(self, *, starts: int, idle_seconds: float, lifetime_seconds: float) -> None:
        self._starts = starts
        self._idle_seconds = idle_seconds
        self._lifetime_seconds = lifetime_seconds
        self._groups: dict[tuple[str, str], Group] = {}
        self._members: dict[int, Member] = {}
        self._used: Counter[str] = Counter()
        """How many processors, by capacity provider: in hundredths."""
        self._headroom = Headroom()
        self._last_number = 0
        self._now = 0.0
        self._closed: Exception | None = None

    def handle(self, event: Event) -> list[Action]:
        """What to do about `event`. Nothing for an environment that is not known any more."""
        if self._closed is not None:
            return [Refuse(event.ticket, self._closed)] if isinstance(event, Arrived) else []
        match event:
            case Arrived():
                return self._arrived(event)
            case Answered():
                return self._answered(event)
            case Hung():
                return self._hung(event)
            case Ready():
                return self._ready(event)
            case StartFailed():
                return self._start_failed(event)
            case Yielded():
                return self._yielded(event)
            case Lost():
                return self._lost(event)
            case Plan():
                return self._planned(event)
            case Retired():
                return self._retired(event)
            case Grew():
                return self._grew(event)
            case Measured():
                return self._measured(event)
            case Memory():
                self._headroom.read(event.available, event.reserve)
                return self._fill()
            case Tick():
                return self._tick(event)
            case Closed():
                return self._close(event)

    def standing(self, function: FunctionVersion) -> Standing:
        """How far the plan of a revision has come. `_starts` alone is worth waiting for: others' starts end."""
        group = self._groups.get((function.arn, function.revision_id))
        if group is None:
            return Standing(launching=False)
        if group.failures:
            return Standing(launching=False, error=group.error)
        wanting = len(group.staying) - group.starting < group.plan.least
        return Standing(launching=wanting and (group.starting > 0 or not self._lacks_room(group)))

    def _lacks_room(self, group: Group) -> bool:
        full = self._used[group.provider] + _hundredths(group.plan.function.vcpus) > _hundredths(group.plan.vcpus)
        return full or bool(self._headroom.missing(group.footprint))

    # Requests.

    def _arrived(self, event: Arrived) -> list[Action]:
        self._now = event.now
        function = event.function
        group = self._groups.get((function.arn, function.revision_id))
        if group is None:
            return [Throttle(event.ticket, Refusal.CAPACITY)]
        if group.error is not None and not group.members and self._now < group.retry_at:
            return [Refuse(event.ticket, group.error)]
        member = group.free()
        if member is not None:
            member.load += 1
            actions: list[Action] = [Assign(event.ticket, member.number)]
            return actions if group.free() is not None else actions + self._grow(group)
        actions = self._grow(group)
        if group.starting == len(group.members) > 0 and len(group.waiting) < group.plan.most * group.slots:
            group.waiting.append(event.ticket)
            return actions
        return [*actions, Throttle(event.ticket, Refusal.CAPACITY)]

    def _answered(self, event: Answered) -> list[Action]:
        member = self._members.get(event.environment)
        if member is None:
            return []
        member.load -= 1
        member.hung -= event.late
        member.idle_since = event.now
        return self._end_if_unwanted(member) or self._serve(member.group)

    def _serve(self, group: Group, *, cold: bool = False) -> list[Action]:
        """Give places to who waits."""
        actions: list[Action] = []
        while group.waiting and (member := group.free()) is not None:
            member.load += 1
            actions.append(Assign(group.waiting.popleft(), member.number, cold))
        return actions

    def _hung(self, event: Hung) -> list[Action]:
        member = self._members.get(event.environment)
        if member is None:
            return []
        member.hung += 1
        member.idle_since = self._now
        return self._end_if_unwanted(member)

    def _end_if_unwanted(self, member: Member) -> list[Action]:
        return self._end(member) if member.leaving and member.load <= member.hung else []

    # Starts.

    def _grow(self, group: Group) -> list[Action]:
        """One more, unless one is coming or there may not be more."""
        if group.starting or len(group.staying) >= group.plan.most:
            return []
        return self._start(group)

    def _fill(self) -> list[Action]:
        """Start what is missing of the plans."""
        actions: list[Action] = []
        for group in self._groups.values():
            while len(group.staying) < group.plan.least and (started := self._start(group)):
                actions += started
        return actions

    def _start(self, group: Group) -> list[Action]:
        starting = sum(member.holds_up for member in self._members.values())
        if self._now < group.retry_at or starting >= self._starts or self._lacks_room(group):
            return []
        self._headroom.promise(group.footprint)
        self._used[group.provider] += _hundredths(group.plan.function.vcpus)
        self._last_number += 1
        member = Member(self._last_number, group)
        group.members[member.number] = self._members[member.number] = member
        return [Start(member.number, group.plan.function)]

    def _ready(self, event: Ready) -> list[Action]:
        member = self._members.get(event.environment)
        if member is None:
            return []
        self._now = member.born = member.idle_since = event.now
        member.ready, member.holds_up = True, False
        member.group.failures = 0
        actions = self._serve(member.group, cold=True)
        return actions + (self._grow(member.group) if member.group.waiting else []) + self._fill()

    def _yielded(self, event: Yielded) -> list[Action]:
        if (member := self._members.get(event.environment)) is not None:
            member.holds_up = False
        return self._fill()

    def _start_failed(self, event: StartFailed) -> list[Action]:
        """It is tried again after a while, a longer one each time."""
        member = self._members.get(event.environment)
        if member is None:
            return []
        self._remove(member)
        group = member.group
        group.error = event.error
        group.failures += 1
        group.retry_at = self._now + min(2.0**group.failures, _LONGEST_WAIT_SECONDS)
        actions: list[Action] = []
        if not group.members:
            actions += [Refuse(ticket, event.error) for ticket in group.waiting]
            group.waiting.clear()
        return actions

    # Ends.

    def _lost(self, event: Lost) -> list[Action]:
        member = self._members.get(event.environment)
        if member is None:
            return []
        # Another one comes for who waits, with the next request, or with time.
        return self._end(member) + (self._grow(member.group) if member.group.waiting else [])

    def _end(self, member: Member) -> list[Action]:
        self._remove(member)
        return [Kill(member.number)]

    def _remove(self, member: Member) -> None:
        group = member.group
        del self._members[member.number], group.members[member.number]
        self._used[group.provider] -= _hundredths(group.plan.function.vcpus)

    def _dismiss(self, members: Iterable[Member]) -> list[Action]:
        """End them, those that run something afterwards."""
        actions: list[Action] = []
        for member in members:
            member.leaving = True
            actions += self._end_if_unwanted(member)
        return actions

    def _planned(self, plan: Plan) -> list[Action]:
        key = (plan.function.arn, plan.function.revision_id)
        if not plan.most:
            return self._drop(key)
        if (group := self._groups.get(key)) is None:
            group = self._groups[key] = Group(plan)
        group.plan = plan
        surplus = len(group.staying) - plan.most
        idle_first = sorted(group.staying, key=lambda member: member.load)
        return self._dismiss(idle_first[:surplus] if surplus > 0 else ()) + self._fill()

    def _drop(self, key: tuple[str, str]) -> list[Action]:
        group = self._groups.pop(key, None)
        if group is None:
            return []
        actions: list[Action] = [Throttle(ticket, Refusal.CAPACITY) for ticket in group.waiting]
        group.waiting.clear()
        return actions + self._dismiss(list(group.members.values())) + self._fill()

    def _retired(self, event: Retired) -> list[Action]:
        below = event.arn + ":"
        return [
            action
            for arn, revision in list(self._groups)
            if revision != event.keep and (arn == event.arn or arn.startswith(below))
            for action in self._drop((arn, revision))
        ]

    def _grew(self, event: Grew) -> list[Action]:
        if (member := self._members.get(event.environment)) is not None:
            member.group.footprint = max(member.group.footprint, event.size)
        return []

    # Time.

    def _measured(self, event: Measured) -> list[Action]:
        if (member := self._members.get(event.environment)) is not None:
            member.busy += (event.busy - member.busy) / _SMOOTHED_OVER
        return []

    def _relieve(self) -> list[Action]:
        """One more for each version whose environments are busier than is aimed at."""
        actions: list[Action] = []
        for group in self._groups.values():
            ready = [member.busy for member in group.staying if member.ready]
            if group.plan.target is not None and ready and sum(ready) / len(ready) > group.plan.target:
                actions += self._grow(group)
        return actions

    def _tick(self, event: Tick) -> list[Action]:
        self._now = event.now
        actions: list[Action] = []
        for group in self._groups.values():
            old = [member for member in group.staying if self._is_old(member)]
            actions += self._dismiss(old)
            surplus = len(group.staying) - group.plan.least
            rested = [member for member in group.staying if self._has_rested(member)]
            actions += self._dismiss(rested[:surplus] if surplus > 0 else ())
        return actions + self._fill() + self._relieve()

    def _is_old(self, member: Member) -> bool:
        return member.ready and self._now - member.born >= self._lifetime_seconds

    def _has_rested(self, member: Member) -> bool:
        return member.ready and member.load <= member.hung and self._now - member.idle_since >= self._idle_seconds

    def _close(self, event: Closed) -> list[Action]:
        self._closed = event.error
        waiting = [ticket for group in self._groups.values() for ticket in group.waiting]
        actions: list[Action] = [Refuse(ticket, event.error) for ticket in waiting]
        return actions + [Kill(number) for number in self._members]


def _hundredths(vcpus: float) -> int:
    return round(vcpus * 100)
