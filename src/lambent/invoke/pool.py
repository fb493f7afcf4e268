"""Which environment serves which request: a pure state machine, `handle(event) -> [action]`.

It does no I/O, reads no clock and knows no sandbox: the dispatcher tells it what happened and does
what it says (`events`).

Rules. A request takes the warm environment that was used last, a provisioned one first; what has served a tenant
serves no other. If there is none it waits, and one environment is started for each waiting request; it takes whichever
frees first, and a start that nobody needs any more stays warm. At most `starts` environments take up a processor with
their start at a time; functions have their turns, one start each, and each function a rate of new environments.
Idle environments end by time and age, and when the host's memory becomes short: of all functions
the least recently used first. What memory does not allow is not started.
"""

from __future__ import annotations

from collections.abc import Iterable

from lambent.invoke.admission import Refusal
from lambent.invoke.base import Provisioned
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
    Provision,
    Ready,
    Refuse,
    Retired,
    Start,
    StartFailed,
    Throttle,
    Tick,
    Wake,
    Withdrawn,
    Woken,
    Yielded,
)
from lambent.invoke.headroom import Headroom
from lambent.invoke.members import Member, Phase, Share, Version
from lambent.invoke.population import Population
from lambent.invoke.provisioning import INIT_FAILURE, Provisioning
from lambent.invoke.turns import Rate, Turns
from lambent.settings import LONGEST_LIFETIME_SECONDS

LIFETIME_SECONDS = LONGEST_LIFETIME_SECONDS
"""No environment gets older than this, whatever is set; credentials must live longer."""

_LEAST_WAKE_SECONDS = 0.05
_NO_MEMORY = "The host has no memory left for another execution environment of this function."
_NO_START = "The platform could not start an execution environment."


class Pool:
    """See the module. `starts` bounds those that compute, `scaling` is each function's rate of new environments,
    `allocation` that of provisioned ones."""

    def __init__(
        self, *, starts: int, idle_seconds: float, lifetime_seconds: float, scaling: Rate, allocation: Rate
    ) -> None:
        self._starts = starts
        self._scaling = scaling
        self._allocation = allocation
        self._idle_seconds = idle_seconds
        self._lifetime_seconds = min(lifetime_seconds, LIFETIME_SECONDS)
        self._population = Population()
        self._turns: Turns[Version | Share] = Turns()
        self._delayed: list[Share] = []
        """Starts of provisioned environments whose rate is used up."""
        self._provisioning = Provisioning()
        self._headroom = Headroom()
        self._leaving = False
        """Memory was reclaimed since the last reading: the next one may be better."""
        self._computing = 0
        self._now = 0.0
        self._closed: Exception | None = None

    def __len__(self) -> int:
        """How many environments exist or are being started."""
        return len(self._population.members)

    def known_versions(self) -> int:
        """How many version revisions have an environment or a waiting request."""
        return len(self._population.versions)

    def provisioned(self, arn: str) -> Provisioned | None:
        """What is provisioned for a version's or an alias's ARN, if anything."""
        return self._provisioning.info(arn)

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
            case Provision():
                return self._provision(event)
            case Tick():
                return self._tick(event)
            case Woken():
                return self._woken(event)
            case Closed():
                return self._close(event)

    # Requests.

    def _arrived(self, event: Arrived) -> list[Action]:
        function = event.function
        version = self._population.version(function, event.tenant)
        version.most = event.most
        if (member := self._population.take(version)) is not None:
            return [Assign(event.ticket, member.number)]
        self._now = event.now
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
        self._population.forget_if_empty(version)
        return [Throttle(ticket, refusal)]

    def _freed(self, event: Freed) -> list[Action]:
        member = self._population.members.get(event.environment)
        if member is None:  # lost while it was busy, and reported by its own end first
            return []
        return self._offer(member, event.now)

    def _offer(self, member: Member, now: float, *, cold: bool = False) -> list[Action]:
        """Give a free environment to who waits longest, else keep it warm, unless its time is over."""
        version = member.version
        if member.leaving or member.older_than(LIFETIME_SECONDS if member.share else self._lifetime_seconds, now):
            return self._end(member)
        if version.waiting:
            member.phase = Phase.BUSY
            return [Assign(version.waiting.popleft(), member.number, cold)]
        if version.retired:
            return self._end(member)
        self._population.rest(member, now)
        return []

    # Starts.

    def _begin_starts(self) -> list[Action]:
        """Begin postponed starts while there is room, leaving out those that are no longer needed."""
        actions: list[Action] = []
        while self._turns and self._computing < self._starts:
            wish = self._turns.take()
            if isinstance(wish, Share):
                version = self._population.version(wish.function)
                if not wish.missing:
                    self._population.forget_if_empty(version)
                    continue
                if not self._allocation.take(wish.function.function_arn, self._now):
                    actions += self._delay(wish)
                    continue
            else:
                version = wish
                if len(version.waiting) <= version.starting:
                    version.postponed -= 1
                    self._scaling.give_back(version.function.function_arn)
                    self._population.forget_if_empty(version)
                    continue
                if version.is_full(self._population.tenanted[version.function.function_arn]):
                    version.postponed -= 1
                    actions += self._throttle(version, Refusal.TENANTS)
                    continue
            if missing := self._headroom.missing(version.footprint):
                actions += self._reclaim(missing)
                if self._leaving:
                    self._put_back(wish)
                    break
                actions += self._refuse_start(wish)
            else:
                actions.append(self._start(version, wish))
        return actions

    def _delay(self, share: Share) -> list[Action]:
        self._delayed.append(share)
        if len(self._delayed) > 1:
            return []
        wait = self._allocation.wait(share.function.function_arn, self._now)
        return [Wake(max(_LEAST_WAKE_SECONDS, wait))]

    def _put_back(self, wish: Version | Share) -> None:
        if isinstance(wish, Share):
            self._allocation.give_back(wish.function.function_arn)
            self._turns.put_back(wish.line, wish)
        else:
            self._turns.put_back(wish.function.function_arn, wish)

    def _refuse_start(self, wish: Version | Share) -> list[Action]:
        """There is no memory for it, and none comes back."""
        if isinstance(wish, Share):
            return self._fail(wish, _NO_MEMORY, retried=True)
        wish.postponed -= 1
        return self._throttle(wish, Refusal.MEMORY)

    def _start(self, version: Version, wish: Version | Share) -> Action:
        provisioned = isinstance(wish, Share)
        member = self._population.add(version, provisioned=provisioned)
        if isinstance(wish, Share):
            self._provisioning.started(wish, member)
        else:
            version.postponed -= 1
            version.starting += 1
        self._computing += 1
        self._headroom.promise(version.footprint)
        return Start(member.number, version.function, provisioned, version.tenant)

    def _yielded(self, event: Yielded) -> list[Action]:
        self._stop_computing(self._population.members[event.environment])
        return self._begin_starts()

    def _stop_computing(self, member: Member) -> None:
        if member.computing:
            member.computing = False
            self._computing -= 1

    def _ready(self, event: Ready) -> list[Action]:
        member = self._population.members[event.environment]
        self._now = event.now
        self._stop_computing(member)
        member.born = event.now
        if not member.provisioned:
            member.version.starting -= 1
            return self._offer(member, event.now, cold=True) + self._begin_starts()
        share = member.share
        if share is None:
            return self._end(member) + self._begin_starts()
        if event.failed:
            return self._fail(share, INIT_FAILURE, retried=False) + self._end(member) + self._begin_starts()
        member.phase = Phase.HELD
        opened, replaced = self._provisioning.ready(member, share)
        return self._open(opened) + self._dismiss(replaced) + self._begin_starts()

    def _start_failed(self, event: StartFailed) -> list[Action]:
        member = self._population.members[event.environment]
        version = member.version
        self._stop_computing(member)
        actions: list[Action] = []
        if member.share is not None:
            share = member.share
            self._provisioning.gone(member, share)
            actions += self._fail(share, _NO_START, retried=True)
        elif not member.provisioned:
            version.starting -= 1
            if len(version.waiting) > version.starting + version.postponed:
                actions.append(Refuse(version.waiting.popleft(), event.error))
        self._population.remove(member)
        return actions + self._begin_starts()

    # Ends.

    def _withdrawn(self, event: Withdrawn) -> list[Action]:
        member = self._population.members.get(event.environment)
        if member is not None and member.phase is Phase.IDLE:
            self._population.withdraw(member)
        return []

    def _lost(self, event: Lost) -> list[Action]:
        member = self._population.members.get(event.environment)
        if member is None:
            return []
        return self._end(member) + self._begin_starts()

    def _end(self, member: Member) -> list[Action]:
        """It is killed; if it was provisioned, another one will be started."""
        self._stop_computing(member)
        if member.share is not None:
            self._wish(self._provisioning.gone(member, member.share))
        self._population.remove(member)
        return [Kill(member.number)]

    def _dismiss(self, members: Iterable[Member]) -> list[Action]:
        """End them as soon as they are free, at once if they are."""
        actions: list[Action] = []
        for member in members:
            if member.phase in (Phase.IDLE, Phase.HELD):
                actions += self._end(member)
            else:
                member.leaving = True
        return actions

    def _retired(self, event: Retired) -> list[Action]:
        actions: list[Action] = []
        below = event.arn + ":"
        for key, version in list(self._population.versions.items()):
            arn, revision, _ = key
            if revision != event.keep and (arn == event.arn or arn.startswith(below)):
                version.retired = True
                opened, ended = self._provisioning.drop(key)
                actions += self._open(opened) + self._dismiss([*ended, *version.idle])
        return actions

    # Memory.

    def _grew(self, event: Grew) -> list[Action]:
        if (member := self._population.members.get(event.environment)) is not None:
            member.version.footprint = max(member.version.footprint, event.size)
        return []

    def _memory(self, event: Memory) -> list[Action]:
        self._headroom.read(event.available, event.reserve)
        self._leaving = False
        return self._reclaim(self._headroom.excess()) + self._begin_starts()

    def _reclaim(self, size: int) -> list[Action]:
        """End idle environments until about `size` bytes come back: the least recently used first."""
        actions: list[Action] = []
        for member in self._population.idle() if size > 0 else ():
            if size <= 0:
                break
            size -= member.version.footprint
            actions += self._end(member)
        self._leaving = self._leaving or bool(actions)
        return actions

    # Provisioned concurrency.

    def _provision(self, event: Provision) -> list[Action]:
        self._now = event.now
        opened, ended = self._provisioning.provision(event.arn, event.shares)
        self._wish(self._provisioning.missing(event.arn))
        return self._open(opened) + self._dismiss(ended) + self._begin_starts()

    def _wish(self, shares: Iterable[Share]) -> None:
        for share in shares:
            self._turns.add(share.line, share)

    def _open(self, members: Iterable[Member]) -> list[Action]:
        return [action for member in members for action in self._offer(member, self._now)]

    def _fail(self, share: Share, reason: str, *, retried: bool) -> list[Action]:
        return self._dismiss(self._provisioning.failed(share, reason, retried=retried))

    def _woken(self, event: Woken) -> list[Action]:
        self._now = event.now
        delayed, self._delayed = self._delayed, []
        self._wish(delayed)
        return self._begin_starts()

    # Time.

    def _tick(self, event: Tick) -> list[Action]:
        self._now = event.now
        actions: list[Action] = []
        for member in self._population.idle():
            expired = event.now - member.idle_since >= self._idle_seconds
            if expired or member.older_than(self._lifetime_seconds, event.now):
                actions += self._end(member)
        old = [each for each in self._population.members.values() if each.share and self._is_old(each, event.now)]
        self._wish(self._provisioning.recycle(old))
        self._wish(self._provisioning.retry())
        self._scaling.forget(event.now)
        self._allocation.forget(event.now)
        return actions + self._begin_starts()

    def _is_old(self, member: Member, now: float) -> bool:
        return member.phase in (Phase.IDLE, Phase.BUSY) and member.older_than(self._lifetime_seconds, now)

    def _close(self, event: Closed) -> list[Action]:
        self._closed = event.error
        actions: list[Action] = []
        for version in self._population.versions.values():
            actions += [Refuse(ticket, event.error) for ticket in version.waiting]
        actions += [Kill(number) for number in self._population.members]
        self._population = Population()
        self._turns.clear()
        return actions
