"""Which environment serves which request: a pure state machine, `handle(event) -> [action]`.

It does no I/O, reads no clock and knows no sandbox: the dispatcher tells it what happened and does
what it says. Requests are tickets, environments are numbers; both mean nothing here.

Rules. A request takes the warm environment that was used last. If there is none it waits, and one
environment is started for each waiting request; it takes whichever frees first, and a start that
nobody needs any more stays warm. At most `starts` environments are being *made* at a time (the
platform's work, bound by the cores); their INIT, which is the function's work, does not count.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

import msgspec

from lambent.model.function import FunctionVersion

LIFETIME_SECONDS = 4 * 3600.0
"""An environment is replaced after this age even when busy, as on AWS; credentials must live longer."""


class Arrived(msgspec.Struct, frozen=True):
    """A request that was admitted wants an environment of `function`."""

    ticket: int
    function: FunctionVersion


class Launched(msgspec.Struct, frozen=True):
    """The environment exists; its INIT begins."""

    environment: int


class Ready(msgspec.Struct, frozen=True):
    """INIT is over: it can take a request."""

    environment: int
    now: float


class StartFailed(msgspec.Struct, frozen=True):
    """The platform could not start the environment (before or after `Launched`); it is already gone."""

    environment: int
    error: Exception


class Freed(msgspec.Struct, frozen=True):
    """A request is done with the environment, which can take another."""

    environment: int
    now: float


class Withdrawn(msgspec.Struct, frozen=True):
    """An idle environment is being reset; `Freed` or `Lost` will follow. Nothing if it is not idle."""

    environment: int


class Lost(msgspec.Struct, frozen=True):
    """The environment must not be used again (its sandbox is gone); it still has to be killed."""

    environment: int


class Retired(msgspec.Struct, frozen=True):
    """Only revision `keep` (None: none) of `arn`, a version's or a function's with all versions, is wanted."""

    arn: str
    keep: str | None


class Tick(msgspec.Struct, frozen=True):
    """Time has passed."""

    now: float


class Closed(msgspec.Struct, frozen=True):
    """The end: refuse what waits and what comes with `error`, kill the rest."""

    error: Exception


class Assign(msgspec.Struct, frozen=True):
    """Hand the environment to the request."""

    ticket: int
    environment: int


class Start(msgspec.Struct, frozen=True):
    """Make an environment under this new number; answer with `Launched`, then `Ready` or `StartFailed`."""

    environment: int
    function: FunctionVersion


class Kill(msgspec.Struct, frozen=True):
    """End the environment; nothing more is to be said about it."""

    environment: int


class Refuse(msgspec.Struct, frozen=True):
    """The request gets no environment, for this reason."""

    ticket: int
    error: Exception


Event = Arrived | Launched | Ready | StartFailed | Freed | Withdrawn | Lost | Retired | Tick | Closed
Action = Assign | Start | Kill | Refuse
_Key = tuple[str, str]


class _Phase(Enum):
    LAUNCHING = auto()
    INITIALIZING = auto()
    IDLE = auto()
    BUSY = auto()


class _Environment:
    __slots__ = ("born", "idle_since", "number", "phase", "version")

    def __init__(self, number: int, version: _Version) -> None:
        self.number = number
        self.version = version
        self.phase = _Phase.LAUNCHING
        self.born: float | None = None
        self.idle_since = 0.0


class _Version:
    """The environments and waiting requests of one revision of one function version."""

    __slots__ = ("function", "idle", "key", "population", "retired", "starting", "waiting")

    def __init__(self, key: _Key, function: FunctionVersion) -> None:
        self.key = key
        self.function = function
        self.idle: deque[_Environment] = deque()
        self.waiting: deque[int] = deque()
        self.starting = 0
        self.population = 0
        self.retired = False


class Pool:
    """See the module. `starts` bounds environments being made; the other two are seconds."""

    def __init__(self, *, starts: int, idle_seconds: float, lifetime_seconds: float = LIFETIME_SECONDS) -> None:
        self._starts = starts
        self._idle_seconds = idle_seconds
        self._lifetime_seconds = lifetime_seconds
        self._versions: dict[_Key, _Version] = {}
        self._environments: dict[int, _Environment] = {}
        self._postponed: deque[_Version] = deque()
        self._launching = 0
        self._last_number = 0
        self._closed: Exception | None = None

    def __len__(self) -> int:
        """How many environments exist or are being started."""
        return len(self._environments)

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
            case Launched():
                return self._launched(event)
            case Ready():
                return self._ready(event)
            case StartFailed():
                return self._start_failed(event)
            case Withdrawn():
                return self._withdrawn(event)
            case Lost():
                return self._lost(event)
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
            version = self._versions[key] = _Version(key, function)
        if version.idle:
            environment = version.idle.pop()
            environment.phase = _Phase.BUSY
            return [Assign(event.ticket, environment.number)]
        version.waiting.append(event.ticket)
        self._postponed.append(version)
        return self._begin_starts()

    def _begin_starts(self) -> list[Action]:
        """Begin postponed starts while there is room, leaving out those that are no longer needed."""
        actions: list[Action] = []
        while self._postponed and self._launching < self._starts:
            version = self._postponed.popleft()
            if len(version.waiting) <= version.starting:
                continue
            self._last_number += 1
            self._environments[self._last_number] = _Environment(self._last_number, version)
            version.starting += 1
            version.population += 1
            self._launching += 1
            actions.append(Start(self._last_number, version.function))
        return actions

    def _launched(self, event: Launched) -> list[Action]:
        environment = self._environments[event.environment]
        environment.phase = _Phase.INITIALIZING
        self._launching -= 1
        return self._begin_starts()

    def _ready(self, event: Ready) -> list[Action]:
        environment = self._environments[event.environment]
        environment.version.starting -= 1
        environment.born = event.now
        return self._offer(environment, event.now)

    def _freed(self, event: Freed) -> list[Action]:
        environment = self._environments.get(event.environment)
        if environment is None:  # lost while it was busy, and reported by its own end first
            return []
        return self._offer(environment, event.now)

    def _offer(self, environment: _Environment, now: float) -> list[Action]:
        """Give a free environment to who waits longest, else keep it warm, unless its time is over."""
        version = environment.version
        if environment.born is not None and now - environment.born >= self._lifetime_seconds:
            return self._end(environment)
        if version.waiting:
            environment.phase = _Phase.BUSY
            return [Assign(version.waiting.popleft(), environment.number)]
        if version.retired:
            return self._end(environment)
        environment.phase = _Phase.IDLE
        environment.idle_since = now
        version.idle.append(environment)
        return []

    def _start_failed(self, event: StartFailed) -> list[Action]:
        environment = self._environments.pop(event.environment)
        version = environment.version
        version.starting -= 1
        version.population -= 1
        if environment.phase is _Phase.LAUNCHING:
            self._launching -= 1
        actions: list[Action] = []
        if len(version.waiting) > version.starting + self._postponed.count(version):
            actions.append(Refuse(version.waiting.popleft(), event.error))
        self._forget_if_empty(version)
        return actions + self._begin_starts()

    def _withdrawn(self, event: Withdrawn) -> list[Action]:
        environment = self._environments.get(event.environment)
        if environment is not None and environment.phase is _Phase.IDLE:
            environment.version.idle.remove(environment)
            environment.phase = _Phase.BUSY
        return []

    def _lost(self, event: Lost) -> list[Action]:
        environment = self._environments.get(event.environment)
        if environment is None:
            return []
        if environment.phase is _Phase.IDLE:
            environment.version.idle.remove(environment)
        return self._end(environment)

    def _end(self, environment: _Environment) -> list[Action]:
        del self._environments[environment.number]
        environment.version.population -= 1
        self._forget_if_empty(environment.version)
        return [Kill(environment.number)]

    def _forget_if_empty(self, version: _Version) -> None:
        if not version.population and not version.waiting:
            self._versions.pop(version.key, None)

    def _retired(self, event: Retired) -> list[Action]:
        actions: list[Action] = []
        below = event.arn + ":"
        for (arn, revision), version in list(self._versions.items()):
            if revision != event.keep and (arn == event.arn or arn.startswith(below)):
                version.retired = True
                actions += self._end_idle(version, len(version.idle))
        return actions

    def _tick(self, event: Tick) -> list[Action]:
        actions: list[Action] = []
        for version in list(self._versions.values()):
            expired = 0
            for environment in version.idle:  # the one idle longest is first
                if event.now - environment.idle_since < self._idle_seconds:
                    break
                expired += 1
            actions += self._end_idle(version, expired)
            for environment in [each for each in version.idle if self._is_old(each, event.now)]:
                version.idle.remove(environment)
                actions += self._end(environment)
        return actions

    def _is_old(self, environment: _Environment, now: float) -> bool:
        return environment.born is not None and now - environment.born >= self._lifetime_seconds

    def _end_idle(self, version: _Version, count: int) -> list[Action]:
        """End the `count` environments that have been idle longest."""
        actions: list[Action] = []
        for _ in range(count):
            actions += self._end(version.idle.popleft())
        return actions

    def _close(self, event: Closed) -> list[Action]:
        self._closed = event.error
        actions: list[Action] = []
        for version in self._versions.values():
            actions += [Refuse(ticket, event.error) for ticket in version.waiting]
        actions += [Kill(number) for number in self._environments]
        self._versions.clear()
        self._environments.clear()
        self._postponed.clear()
        return actions
