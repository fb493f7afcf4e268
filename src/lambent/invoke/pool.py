"""Which environment serves which request: a pure state machine, `handle(event) -> [action]`.

It does no I/O, reads no clock and knows no sandbox: the dispatcher tells it what happened and does
what it says (`events`).

Rules. A request takes the warm environment that was used last. If there is none it waits, and one
environment is started for each waiting request; it takes whichever frees first, and a start that
nobody needs any more stays warm. At most `starts` environments take up a processor with their start at a
time; functions have their turns, one start each, and each function a rate of new environments.
Idle environments end by time and age, and when the host's memory becomes short: of all functions
the least recently used first. What memory does not allow is not started.
"""

from __future__ import annotations

from lambent.invoke.admission import Refusal
from lambent.invoke.events import (
    Action,
    Arrived,
    Assign,
    Closed,
    Event,
    Freed,
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
    Withdrawn,
    Yielded,
)
from lambent.invoke.headroom import Headroom
from lambent.invoke.population import Key, Member, Phase, Version
from lambent.invoke.turns import Rate, Turns
from lambent.settings import LONGEST_LIFETIME_SECONDS

LIFETIME_SECONDS = LONGEST_LIFETIME_SECONDS
"""No environment gets older than this, whatever is set; credentials must live longer."""


class Pool:
    """See the module. `starts` bounds those that compute, `scaling` is each function's rate of new environments."""

    def __init__(self, *, starts: int, idle_seconds: float, lifetime_seconds: float, scaling: Rate) -> None:
        self._starts = starts
        self._scaling = scaling
        self._idle_seconds = idle_seconds
        self._lifetime_seconds = min(lifetime_seconds, LIFETIME_SECONDS)
        self._versions: dict[Key, Version] = {}
        self._members: dict[int, Member] = {}
        self._idle: dict[int, Member] = {}
        """All idle environments, the least recently used first."""
        self._turns: Turns[Version] = Turns()
        self._headroom = Headroom()
        self._leaving = False
        """Memory was reclaimed since the last reading: the next one may be better."""
        self._computing = 0
        self._last_number = 0
        self._closed: Exception | None = None

    def __len__(self) -> int:
        """How many environments exist or are being started."""
        return len(self._members)

    def known_versions(self) -> int:
        """How many version revisions have an environment or a waiting request."""
        return len(self._versions)

    def handle(self, event: Event) -> list[Action]:
        """What to do about `event`. Raises KeyError for an environment that this pool never started."""
        if self._closed is not None:
            return [Refuse(event.ticket, self._closed)] if isinstance(event, Arrived) else []
        match event:
            case Arrived():
                return self._arrived(event)
            case Freed():
                return self._freed(event)
            case Yielded():
                return self._yielded(event)
            case Ready():
                return self._ready(event)
            case StartFailed():
                return self._start_failed(event)
            case Withdrawn():
                return self._withdrawn(event)
            case Lost():
                return self._lost(event)
            case Grew():
                return self._grew(event)
            case Memory():
                return self._memory(event)
            case Retired():
                return self._retired(event)
            case Tick():
                return self._tick(event)
            case Closed():
                return self._close(event)

    def _arrived(self, event: Arrived) -> list[Action]:
        function = event.function
        key = (function.arn, function.revision_id)
        version = self._versions.get(key)
        if version is None:
            version = self._versions[key] = Version(key, function)
        if version.idle:
            member = version.idle.pop()
            del self._idle[member.number]
            member.phase = Phase.BUSY
            return [Assign(event.ticket, member.number)]
        version.waiting.append(event.ticket)
        if len(version.waiting) <= version.starting + version.postponed:
            return []  # a start that somebody else did not need any more will do
        if not self._scaling.take(function.function_arn, event.now):
            return self._throttle(version, Refusal.SCALING)
        version.postponed += 1
        self._turns.add(function.function_arn, version)
        return self._begin_starts()

    def _throttle(self, version: Version, refusal: Refusal) -> list[Action]:
        """Refuse the request that came last."""
        ticket = version.waiting.pop()
        self._forget_if_empty(version)
        return [Throttle(ticket, refusal)]

    def _begin_starts(self) -> list[Action]:
        """Begin postponed starts while there is room, leaving out those that are no longer needed."""
        actions: list[Action] = []
        while self._turns and self._computing < self._starts:
            version = self._turns.take()
            line = version.function.function_arn
            if len(version.waiting) <= version.starting:
                version.postponed -= 1
                self._scaling.give_back(line)
                self._forget_if_empty(version)
                continue
            if missing := self._headroom.missing(version.footprint):
                actions += self._reclaim(missing)
                if self._leaving:
                    self._turns.put_back(line, version)
                    return actions
                version.postponed -= 1
                actions += self._throttle(version, Refusal.MEMORY)
                continue
            version.postponed -= 1
            actions.append(self._start(version))
        return actions

    def _start(self, version: Version) -> Action:
        self._last_number += 1
        self._members[self._last_number] = Member(self._last_number, version)
        version.starting += 1
        version.population += 1
        self._computing += 1
        self._headroom.promise(version.footprint)
        return Start(self._last_number, version.function)

    def _yielded(self, event: Yielded) -> list[Action]:
        self._stop_computing(self._members[event.environment])
        return self._begin_starts()

    def _stop_computing(self, member: Member) -> None:
        if member.computing:
            member.computing = False
            self._computing -= 1

    def _ready(self, event: Ready) -> list[Action]:
        member = self._members[event.environment]
        self._stop_computing(member)
        member.version.starting -= 1
        member.born = event.now
        return self._offer(member, event.now, cold=True) + self._begin_starts()

    def _freed(self, event: Freed) -> list[Action]:
        member = self._members.get(event.environment)
        if member is None:  # lost while it was busy, and reported by its own end first
            return []
        return self._offer(member, event.now)

    def _offer(self, member: Member, now: float, *, cold: bool = False) -> list[Action]:
        """Give a free environment to who waits longest, else keep it warm, unless its time is over."""
        version = member.version
        if member.older_than(self._lifetime_seconds, now):
            return self._end(member)
        if version.waiting:
            member.phase = Phase.BUSY
            return [Assign(version.waiting.popleft(), member.number, cold)]
        if version.retired:
            return self._end(member)
        member.phase = Phase.IDLE
        member.idle_since = now
        version.idle.append(member)
        self._idle[member.number] = member
        return []

    def _start_failed(self, event: StartFailed) -> list[Action]:
        member = self._members.pop(event.environment)
        version = member.version
        version.starting -= 1
        version.population -= 1
        self._stop_computing(member)
        actions: list[Action] = []
        if len(version.waiting) > version.starting + version.postponed:
            actions.append(Refuse(version.waiting.popleft(), event.error))
        self._forget_if_empty(version)
        return actions + self._begin_starts()

    def _withdrawn(self, event: Withdrawn) -> list[Action]:
        member = self._members.get(event.environment)
        if member is not None and member.phase is Phase.IDLE:
            self._take_from_idle(member)
            member.phase = Phase.BUSY
        return []

    def _lost(self, event: Lost) -> list[Action]:
        member = self._members.get(event.environment)
        if member is None:
            return []
        return self._end(member)

    def _end(self, member: Member) -> list[Action]:
        self._stop_computing(member)
        if member.phase is Phase.IDLE:
            self._take_from_idle(member)
        del self._members[member.number]
        member.version.population -= 1
        self._forget_if_empty(member.version)
        return [Kill(member.number)]

    def _take_from_idle(self, member: Member) -> None:
        member.version.idle.remove(member)  # found at once where it matters: it is mostly the first
        del self._idle[member.number]

    def _forget_if_empty(self, version: Version) -> None:
        if not version.population and not version.waiting and not version.postponed:
            self._versions.pop(version.key, None)

    def _grew(self, event: Grew) -> list[Action]:
        if (member := self._members.get(event.environment)) is not None:
            member.version.footprint = max(member.version.footprint, event.size)
        return []

    def _memory(self, event: Memory) -> list[Action]:
        self._headroom.read(event.available, event.reserve)
        self._leaving = False
        return self._reclaim(self._headroom.excess()) + self._begin_starts()

    def _reclaim(self, size: int) -> list[Action]:
        """End idle environments until about `size` bytes come back: the least recently used first."""
        actions: list[Action] = []
        for member in list(self._idle.values()) if size > 0 else ():
            if size <= 0:
                break
            size -= member.version.footprint
            actions += self._end(member)
        self._leaving = self._leaving or bool(actions)
        return actions

    def _retired(self, event: Retired) -> list[Action]:
        actions: list[Action] = []
        below = event.arn + ":"
        for (arn, revision), version in list(self._versions.items()):
            if revision != event.keep and (arn == event.arn or arn.startswith(below)):
                version.retired = True
                for member in list(version.idle):
                    actions += self._end(member)
        return actions

    def _tick(self, event: Tick) -> list[Action]:
        actions: list[Action] = []
        for member in list(self._idle.values()):
            expired = event.now - member.idle_since >= self._idle_seconds
            if expired or member.older_than(self._lifetime_seconds, event.now):
                actions += self._end(member)
        self._scaling.forget(event.now)
        return actions

    def _close(self, event: Closed) -> list[Action]:
        self._closed = event.error
        actions: list[Action] = []
        for version in self._versions.values():
            actions += [Refuse(ticket, event.error) for ticket in version.waiting]
        actions += [Kill(number) for number in self._members]
        self._versions.clear()
        self._members.clear()
        self._idle.clear()
        self._turns.clear()
        return actions
