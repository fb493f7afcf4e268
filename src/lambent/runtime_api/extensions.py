"""The extensions of one INIT and all that follows it: who registered, who waits, who is to be told what. Pure.

Two sides call it. The extensions, through the Extensions API: `register`, `ask`, `take`, `lose`, `report`; what they
may not do raises `Refused` and changes nothing. The platform: `expect`, `not_launched`, `close_registration`, `invoke`,
`shutdown`, `exited`; what it may not do is a PlatformError. Whoever waits looks at `registered`, `initialized`,
`settled`, `leaving` and `failure` after each change. It knows no socket, no clock and no process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

import msgspec

from lambent.model.errors import PlatformError
from lambent.model.invocation import ExitStatus, Invocation
from lambent.runtime_api.extension_states import Event, NotAllowed, State, follow

MOST_EXTENSIONS = 10
INVOKE, SHUTDOWN = "INVOKE", "SHUTDOWN"

_TOO_MANY = "TooManyExtensions"
_encode = msgspec.json.Encoder().encode


class Refused(Exception):
    """A request that an extension must not make now; 403 with this type and text."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message


class Failure(msgspec.Struct, frozen=True):
    """What an extension broke the environment with: `Extension.Crash` and `exit status 1`, for example."""

    error_type: str
    message: str


class ExtensionInfo(msgspec.Struct, frozen=True):
    """One extension as a `platform.extension` record shows it; `error_type` is what it reported, if anything."""

    name: str
    state: str
    events: tuple[str, ...]
    error_type: str | None = None


class ShutdownReason(StrEnum):
    """Why an environment ends, as AWS spells it on the wire."""

    SPINDOWN = "spindown"
    TIMEOUT = "timeout"
    FAILURE = "failure"


class _Phase(Enum):
    OPEN = auto()
    """INIT: extensions register."""
    CLOSED = auto()
    """The runtime is initialized: nobody registers any more, invocations may come."""
    ENDING = auto()


class _Move(Enum):
    CLOSE = auto()
    INVOKE = auto()
    SHUTDOWN = auto()


_PHASES: Mapping[tuple[_Phase, _Move], _Phase] = {
    (_Phase.OPEN, _Move.CLOSE): _Phase.CLOSED,
    (_Phase.CLOSED, _Move.INVOKE): _Phase.CLOSED,
    (_Phase.OPEN, _Move.SHUTDOWN): _Phase.ENDING,
    (_Phase.CLOSED, _Move.SHUTDOWN): _Phase.ENDING,
}


@dataclass(slots=True)
class _Extension:
    name: str
    identifier: str
    external: bool
    state: State = State.STARTED
    events: tuple[str, ...] = ()
    error_type: str | None = None
    waiting: bool = False
    """A request for the next event is open."""
    pending: bytes | None = None
    """What its next request is answered with."""
    alive: bool = True

    @property
    def busy(self) -> bool:
        """True while it may yet ask: one that reported an error never will, and does not hold up the others."""
        return self.state in (State.STARTED, State.REGISTERED, State.RUNNING) or self.pending is not None

    def move(self, event: Event, who: str | None = None) -> None:
        """Follow the table. Raises Refused."""
        try:
            self.state = follow(self.state, event, who or self.identifier)
        except NotAllowed as refusal:
            raise Refused("Extension.InvalidExtensionState", str(refusal)) from None


class ExtensionHost:
    """See the module. `new_id` makes UUIDs in AWS's form. `shared`: invocations run at once, and are nobody's event."""

    def __init__(self, new_id: Callable[[], str], *, shared: bool = False) -> None:
        self.fatal: str | None = None
        """The type of the first fatal error; it stands for the whole environment, whatever ended it."""
        self.failure: Failure | None = None
        """Set once an extension has ended, or could not be launched: INIT or the invocation is over."""
        self._new_id = new_id
        self._shared = shared
        self._phase = _Phase.OPEN
        self._extensions: dict[str, _Extension] = {}
        self._by_id: dict[str, _Extension] = {}
        self._invoked: list[_Extension] = []
        self._told: list[_Extension] = []

    # The platform's side.

    def expect(self, names: Iterable[str]) -> None:
        """External extensions that are about to be launched, in order. With an eleventh, `failure` is set at once."""
        for name in names:
            self._add(name, external=True)
            if len(self._extensions) > MOST_EXTENSIONS:
                self.not_launched(name, _TOO_MANY, f"Err{_TOO_MANY}")
                return

    def not_launched(self, name: str, reason: str, message: str) -> None:
        """An expected extension could not be started. `reason`: `PermissionDenied` or `UnknownError`."""
        extension = self._named(name)
        if extension.state is not State.STARTED:
            raise PlatformError(f"the extension {name!r} runs already")
        extension.move(Event.NOT_LAUNCHED)
        extension.alive = False
        extension.error_type = reason
        self._fail("Extension.LaunchError", message)

    @property
    def registered(self) -> bool:
        """True once every expected extension has registered: the runtime may start."""
        return all(extension.state is not State.STARTED for extension in self._extensions.values())

    def close_registration(self) -> None:
        """The runtime is initialized: whoever has not registered stays out. Raises PlatformError."""
        self._go(_Move.CLOSE)

    @property
    def initialized(self) -> bool:
        """True once registration is closed and every registered extension has asked for its next event."""
        return self._phase is _Phase.CLOSED and all(
            extension.state in (State.READY, State.RUNNING) for extension in self._extensions.values()
        )

    @property
    def active(self) -> bool:
        """True if there is any extension."""
        return bool(self._extensions)

    @property
    def shutdown_ms(self) -> int:
        """How long SHUTDOWN may take, the runtime's share included: 0 without extensions, which is no time at all."""
        if not self._extensions:
            return 0
        return 2_000 if any(extension.external for extension in self._extensions.values()) else 500

    def invoke(self, invocation: Invocation) -> None:
        """An invocation for all who registered for it. Raises PlatformError before INIT or an invocation is over."""
        self._go(_Move.INVOKE)
        if any(extension.busy for extension in self._extensions.values()):
            raise PlatformError("an invocation for extensions that are not ready")
        self._invoked = [extension for extension in self._extensions.values() if INVOKE in extension.events]
        if self._invoked:
            event = _invoke_event(invocation)
            for extension in self._invoked:
                extension.pending = event

    @property
    def settled(self) -> bool:
        """True once every extension that was told of the invocation has asked for its next event."""
        return all(extension.state is State.READY and extension.pending is None for extension in self._invoked)

    def shutdown(self, reason: ShutdownReason, deadline_ms: int) -> None:
        """The environment ends: tell the external extensions that asked for it. `deadline_ms`: epoch milliseconds.

        From here on an extension's end is no failure. Raises PlatformError the second time.
        """
        self._go(_Move.SHUTDOWN)
        self.fatal = self.failure = None
        event = _encode({"eventType": SHUTDOWN, "deadlineMs": deadline_ms, "shutdownReason": reason.value})
        self._told = [extension for extension in self._extensions.values() if SHUTDOWN in extension.events]
        for extension in self._extensions.values():
            extension.pending = event if SHUTDOWN in extension.events else None

    @property
    def leaving(self) -> frozenset[str]:
        """Who was told of the shutdown and still runs; all other processes need not be waited for."""
        return frozenset(extension.name for extension in self._told if extension.alive)

    def exited(self, name: str, status: ExitStatus) -> None:
        """The process of an external extension has ended: before the shutdown that breaks the environment."""
        extension = self._named(name)
        extension.alive = False
        if self._phase is not _Phase.ENDING:
            self._fail("Extension.Crash", "exit code 0" if status.code == 0 else status.describe())
        elif extension.state is State.RUNNING:
            extension.move(Event.EXITED if status.code == 0 else Event.FAILED_TO_EXIT)

    def infos(self) -> list[ExtensionInfo]:
        """Every extension as it is now."""
        return [
            ExtensionInfo(extension.name, extension.state.value, extension.events, extension.error_type)
            for extension in self._extensions.values()
        ]

    # The extensions' side.

    def register(self, name: str, events: Iterable[str]) -> str:
        """Register an extension and return its identifier. A name that was not launched is an internal one."""
        if not name:
            raise Refused("Extension.InvalidExtensionName", "Empty extension name")
        wanted = tuple(dict.fromkeys(events))
        extension = self._extensions.get(name)
        if extension is not None and extension.external:
            _check_events(wanted, (INVOKE, SHUTDOWN), shared=self._shared)
        else:
            _check_events(wanted, (INVOKE,), shared=self._shared)
            extension = self._admit(name, extension)
        extension.move(Event.REGISTER, who=name)
        extension.events = tuple(sorted(wanted))
        self._by_id[extension.identifier] = extension
        return extension.identifier

    def name_of(self, identifier: str) -> str:
        """Whose identifier it is."""
        return self._identified(identifier, f"Unknown extension {identifier}").name

    def ask(self, identifier: str) -> None:
        """It asks for its next event: what it did before is done. `take` is to follow, or `lose`."""
        extension = self._identified(identifier, f"Unknown extension {identifier}")
        lost = extension.state is State.READY and not extension.waiting
        extension.move(Event.RESUME if lost else Event.NEXT)
        extension.waiting = True

    def take(self, identifier: str) -> bytes | None:
        """The event for one who has asked, as JSON; None while there is none. Raises Refused if it failed meanwhile."""
        extension = self._by_id[identifier]
        if extension.state is not State.READY:
            extension.waiting = False
            refusal = NotAllowed(extension.state, Event.NEXT, identifier, "Concurrent state modification")
            raise Refused("Extension.InvalidExtensionState", str(refusal))
        event, extension.pending = extension.pending, None
        if event is not None:
            extension.move(Event.DELIVERED)
            extension.waiting = False
        return event

    def lose(self, identifier: str) -> None:
        """The connection of one who has asked is gone: nothing is delivered until it asks again."""
        self._by_id[identifier].waiting = False

    def report(self, identifier: str, event: Event, error_type: str) -> None:
        """`Event.INIT_ERROR` or `Event.EXIT_ERROR`, with the extension's own type for it; it should exit now."""
        extension = self._identified(identifier, "Unknown Lambda-Extension-Identifier")
        extension.move(event)
        if extension.error_type is None:
            extension.error_type = error_type
        if self._phase is not _Phase.ENDING and self.fatal is None:
            self.fatal = "Extension.InitError" if event is Event.INIT_ERROR else "Extension.ExitError"

    # Both.

    def _go(self, move: _Move) -> None:
        entered = _PHASES.get((self._phase, move))
        if entered is None:
            raise PlatformError(f"{move.name.lower()} for extensions whose phase is {self._phase.name.lower()}")
        self._phase = entered

    def _fail(self, error_type: str, message: str) -> None:
        self.fatal = self.fatal or error_type
        if self.failure is None:
            self.failure = Failure(self.fatal, message)

    def _add(self, name: str, *, external: bool) -> _Extension:
        extension = _Extension(name, self._new_id(), external)
        self._extensions[name] = extension
        return extension

    def _admit(self, name: str, known: _Extension | None) -> _Extension:
        """A new internal extension, in the order in which AWS refuses."""
        if self._phase is not _Phase.OPEN:
            raise Refused("Extension.RegistrationClosed", "Extension registration closed already")
        if len(self._extensions) >= MOST_EXTENSIONS:
            raise Refused(f"Extension.{_TOO_MANY}", f"Extension limit ({MOST_EXTENSIONS}) reached")
        if known is not None:
            raise Refused("Extension.InvalidExtensionState", "Extension with this name already registered")
        return self._add(name, external=False)

    def _named(self, name: str) -> _Extension:
        if (extension := self._extensions.get(name)) is None or not extension.external:
            raise PlatformError(f"no external extension is called {name!r}")
        return extension

    def _identified(self, identifier: str, message: str) -> _Extension:
        if (extension := self._by_id.get(identifier)) is None:
            raise Refused("Extension.UnknownExtensionIdentifier", message)
        return extension


def _check_events(wanted: Iterable[str], allowed: Iterable[str], *, shared: bool) -> None:
    for event in wanted:
        if event not in (INVOKE, SHUTDOWN):
            raise Refused("Extension.InvalidEventType", f"{event}: ErrorInvalidEventType")
        if shared and event == INVOKE:
            raise Refused("Extension.InvalidEventType", f"{event}: InvokeEventNotSupportedForManagedInstances")
        if event not in allowed:
            raise Refused("Extension.InvalidEventType", f"{event}: ShutdownEventNotSupportedForInternalExtension")


def _invoke_event(invocation: Invocation) -> bytes:
    event: dict[str, object] = {
        "eventType": INVOKE,
        "deadlineMs": invocation.deadline_ms,
        "requestId": invocation.request_id,
        "invokedFunctionArn": invocation.invoked_arn,
    }
    if invocation.trace_id is not None:
        event["tracing"] = {"type": "X-Amzn-Trace-Id", "value": invocation.trace_id}
    return _encode(event)
