"""The extension host as lists of events: no socket, no loop, no time."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.model.errors import PlatformError
from lambent.model.invocation import ExitStatus, Invocation
from lambent.runtime_api.extension_states import Event
from lambent.runtime_api.extensions import ExtensionHost, ExtensionInfo, Failure, Refused, ShutdownReason

INVOCATION = Invocation("request-1", b"{}", 4_102_444_800_000, "arn:f", trace_id="Root=1-2-3;Sampled=1")
BOTH = ("INVOKE", "SHUTDOWN")


def host(*expected: str) -> ExtensionHost:
    """A host that knows of launched extensions; identifiers are id-1, id-2, ..."""
    numbers = itertools.count(1)
    made = ExtensionHost(lambda: f"id-{next(numbers)}")
    made.expect(expected)
    return made


def ready(*names: str, events: tuple[str, ...] = BOTH) -> tuple[ExtensionHost, list[str]]:
    """A host whose external extensions are through INIT, and their identifiers."""
    made = host(*names)
    identifiers = [made.register(name, events) for name in names]
    made.close_registration()
    for identifier in identifiers:
        made.ask(identifier)
    assert made.initialized
    return made, identifiers


def taken(made: ExtensionHost, identifier: str) -> dict[str, Any]:
    """The event that waits for an extension."""
    event = made.take(identifier)
    assert event is not None
    decoded = json.loads(event)
    assert isinstance(decoded, dict)
    return decoded


def refusal(error: pytest.ExceptionInfo[Refused]) -> tuple[str, str]:
    """(type, text) of a refusal."""
    return error.value.error_type, error.value.message


def test_a_life_with_one_external_and_one_internal_extension() -> None:
    made = host("external")
    assert made.shutdown_ms == 2_000
    assert not made.registered
    external = made.register("external", ["SHUTDOWN", "INVOKE", "INVOKE"])
    assert made.registered
    internal = made.register("internal", ["INVOKE"])
    made.ask(external)
    made.close_registration()
    assert not made.initialized
    made.ask(internal)
    assert made.initialized
    assert made.infos() == [
        ExtensionInfo("external", "Ready", BOTH),
        ExtensionInfo("internal", "Ready", ("INVOKE",)),
    ]

    assert made.take(external) is None
    made.invoke(INVOCATION)
    assert not made.settled
    assert taken(made, external) == {
        "eventType": "INVOKE",
        "deadlineMs": 4_102_444_800_000,
        "requestId": "request-1",
        "invokedFunctionArn": "arn:f",
        "tracing": {"type": "X-Amzn-Trace-Id", "value": "Root=1-2-3;Sampled=1"},
    }
    taken(made, internal)
    made.ask(external)
    assert not made.settled
    made.ask(internal)
    assert made.settled

    made.shutdown(ShutdownReason.SPINDOWN, 1234)
    assert made.take(internal) is None
    assert made.leaving == {"external"}
    assert taken(made, external) == {"eventType": "SHUTDOWN", "deadlineMs": 1234, "shutdownReason": "spindown"}
    made.exited("external", ExitStatus(code=0))
    assert made.leaving == frozenset()
    assert made.failure is None
    assert made.infos()[0].state == "Exited"


def test_no_extension_at_all() -> None:
    made = host()
    assert made.registered
    assert (made.active, made.shutdown_ms) == (False, 0)
    assert not made.initialized
    made.close_registration()
    assert made.initialized
    for _ in range(2):
        made.invoke(INVOCATION)
        assert made.settled
    made.shutdown(ShutdownReason.SPINDOWN, 1)
    assert made.leaving == frozenset()


def test_an_event_without_a_trace() -> None:
    made, [identifier] = ready("a")
    made.invoke(Invocation("r", b"", 1, "arn"))
    assert "tracing" not in taken(made, identifier)


def test_extensions_that_asked_for_nothing_are_told_nothing() -> None:
    made = host("a")
    identifier = made.register("a", [])
    made.ask(identifier)
    made.close_registration()
    made.invoke(INVOCATION)
    assert made.settled
    made.shutdown(ShutdownReason.TIMEOUT, 1)
    assert made.take(identifier) is None
    assert made.leaving == frozenset()


def test_a_busy_extension_hears_of_the_shutdown_when_it_asks() -> None:
    made, [identifier] = ready("a")
    made.invoke(INVOCATION)
    taken(made, identifier)
    made.shutdown(ShutdownReason.TIMEOUT, 1)
    made.ask(identifier)
    assert taken(made, identifier)["shutdownReason"] == "timeout"
    made.exited("a", ExitStatus(signal=9))
    assert made.infos()[0].state == "ShutdownFailed"


@pytest.mark.parametrize(
    ("name", "events", "error_type", "message"),
    [
        ("", ["INVOKE"], "Extension.InvalidExtensionName", "Empty extension name"),
        ("a", ["invoke"], "Extension.InvalidEventType", "invoke: ErrorInvalidEventType"),
        ("other", ["NO"], "Extension.InvalidEventType", "NO: ErrorInvalidEventType"),
        (
            "other",
            ["SHUTDOWN"],
            "Extension.InvalidEventType",
            "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension",
        ),
    ],
)
def test_refused_registrations_change_nothing(name: str, events: list[str], error_type: str, message: str) -> None:
    made = host("a")
    before = made.infos()
    with pytest.raises(Refused) as error:
        made.register(name, events)
    assert refusal(error) == (error_type, message)
    assert made.infos() == before
    assert made.register("a", BOTH)


def test_registering_twice() -> None:
    made = host("external")
    made.register("external", [])
    made.register("internal", [])
    with pytest.raises(Refused) as error:
        made.register("external", [])
    assert refusal(error) == (
        "Extension.InvalidExtensionState",
        "State transition from Registered to Registered failed for extension external. "
        "Error: State transition is not allowed",
    )
    with pytest.raises(Refused) as error:
        made.register("internal", [])
    assert refusal(error) == ("Extension.InvalidExtensionState", "Extension with this name already registered")


def test_an_eleventh_internal_extension() -> None:
    made = host("external")
    for number in range(9):
        made.register(f"internal-{number}", ["INVOKE"])
    with pytest.raises(Refused) as error:
        made.register("eleventh", [])
    assert refusal(error) == ("Extension.TooManyExtensions", "Extension limit (10) reached")
    assert made.register("external", BOTH)
    assert len(made.infos()) == 10


def test_an_eleventh_external_extension_fails_the_launch() -> None:
    made = host(*(f"e{number}" for number in range(12)))
    assert made.failure == Failure("Extension.LaunchError", "ErrTooManyExtensions")
    assert made.infos()[10:] == [ExtensionInfo("e10", "LaunchError", (), "TooManyExtensions")]


def test_registration_closes_with_init() -> None:
    made = host()
    made.register("early", [])
    assert (made.active, made.shutdown_ms) == (True, 500)
    made.close_registration()
    with pytest.raises(Refused) as error:
        made.register("late", [])
    assert refusal(error) == ("Extension.RegistrationClosed", "Extension registration closed already")


def test_asking_twice_at_once() -> None:
    made, [identifier] = ready("a")
    with pytest.raises(Refused) as error:
        made.ask(identifier)
    assert refusal(error) == (
        "Extension.InvalidExtensionState",
        "State transition from Ready to Ready failed for extension id-1. Error: State transition is not allowed",
    )


def test_a_lost_connection_loses_no_event() -> None:
    made, [identifier] = ready("a")
    made.lose(identifier)
    made.invoke(INVOCATION)
    made.ask(identifier)
    assert taken(made, identifier)["requestId"] == "request-1"
    assert not made.settled
    made.ask(identifier)
    assert made.settled


def test_unknown_identifiers() -> None:
    made = host("a")
    for call, message in [
        (lambda: made.ask("id-1"), "Unknown extension id-1"),  # it exists, but has not registered
        (lambda: made.name_of("x"), "Unknown extension x"),
        (lambda: made.report("x", Event.INIT_ERROR, "A.B"), "Unknown Lambda-Extension-Identifier"),
    ]:
        with pytest.raises(Refused) as error:
            call()
        assert refusal(error) == ("Extension.UnknownExtensionIdentifier", message)
    assert made.name_of(made.register("a", [])) == "a"


def test_an_init_error_stands_for_the_exit_that_follows() -> None:
    made = host("a")
    identifier = made.register("a", BOTH)
    made.report(identifier, Event.INIT_ERROR, "Extension.NoConfig")
    made.report(identifier, Event.INIT_ERROR, "Extension.Second")
    assert made.fatal == "Extension.InitError"
    assert made.failure is None
    made.exited("a", ExitStatus(code=0))
    assert made.failure == Failure("Extension.InitError", "exit code 0")
    assert made.infos() == [ExtensionInfo("a", "InitError", BOTH, "Extension.NoConfig")]
    with pytest.raises(Refused, match="State transition from InitError to Ready failed"):
        made.ask(identifier)


def test_an_exit_error_while_it_waits() -> None:
    made, [identifier] = ready("a")
    made.report(identifier, Event.EXIT_ERROR, "Extension.Broke")
    with pytest.raises(Refused, match="Concurrent state modification"):
        made.take(identifier)
    assert made.fatal == "Extension.ExitError"
    made.invoke(INVOCATION)  # it never settles: its process ends, or the time is over
    assert not made.settled
    made.exited("a", ExitStatus(code=3))
    assert made.failure == Failure("Extension.ExitError", "exit status 3")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (ExitStatus(code=0), "exit code 0"),
        (ExitStatus(code=1), "exit status 1"),
        (ExitStatus(signal=9), "signal: killed"),
    ],
)
def test_a_crash(status: ExitStatus, message: str) -> None:
    made, _ = ready("a", "b")
    made.exited("b", status)
    made.exited("a", ExitStatus(code=77))
    assert made.failure == Failure("Extension.Crash", message)


def test_ends_after_the_shutdown_are_no_failures() -> None:
    made, [identifier] = ready("a")
    made.report(identifier, Event.EXIT_ERROR, "Extension.Broke")
    made.shutdown(ShutdownReason.FAILURE, 1)
    made.exited("a", ExitStatus(code=1))
    assert (made.failure, made.fatal, made.leaving) == (None, None, frozenset())


def test_what_cannot_be_launched() -> None:
    made = host("a", "b")
    made.not_launched("b", "PermissionDenied", "fork/exec /opt/extensions/b: permission denied")
    assert made.failure == Failure("Extension.LaunchError", "fork/exec /opt/extensions/b: permission denied")
    assert made.infos()[1] == ExtensionInfo("b", "LaunchError", (), "PermissionDenied")


def test_illegal_moves_of_the_platform() -> None:
    made = host("a")
    with pytest.raises(PlatformError):
        made.invoke(INVOCATION)
    made.close_registration()
    with pytest.raises(PlatformError):
        made.close_registration()
    with pytest.raises(PlatformError, match="not ready"):
        made.invoke(INVOCATION)
    made, [identifier] = ready("a")
    made.invoke(INVOCATION)
    with pytest.raises(PlatformError, match="not ready"):
        made.invoke(INVOCATION)
    taken(made, identifier)
    with pytest.raises(PlatformError, match="not ready"):
        made.invoke(INVOCATION)
    with pytest.raises(PlatformError, match="'unknown'"):
        made.exited("unknown", ExitStatus(code=0))
    with pytest.raises(PlatformError, match="runs already"):
        made.not_launched("a", "UnknownError", "words")
    made.shutdown(ShutdownReason.SPINDOWN, 1)
    with pytest.raises(PlatformError):
        made.shutdown(ShutdownReason.SPINDOWN, 1)
    with pytest.raises(PlatformError):
        made.invoke(INVOCATION)


NAMES = st.sampled_from(["e1", "e2", "i1", "i2", "", "i3"])
IDENTIFIERS = st.integers(1, 6).map(lambda number: f"id-{number}")
STEPS = st.one_of(
    st.tuples(st.just("register"), NAMES, st.lists(st.sampled_from(["INVOKE", "SHUTDOWN", "x"]), max_size=2)),
    st.tuples(st.just("ask"), IDENTIFIERS),
    st.tuples(st.just("lose"), IDENTIFIERS),
    st.tuples(st.just("report"), IDENTIFIERS, st.sampled_from([Event.INIT_ERROR, Event.EXIT_ERROR]), st.just("E.E")),
    st.tuples(st.just("exited"), NAMES, st.sampled_from([ExitStatus(code=0), ExitStatus(signal=9)])),
    st.tuples(st.just("not_launched"), NAMES, st.just("UnknownError"), st.just("words")),
    st.tuples(st.just("close_registration")),
    st.tuples(st.just("invoke"), st.just(INVOCATION)),
    st.tuples(st.just("shutdown"), st.just(ShutdownReason.TIMEOUT), st.just(1)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_no_order_of_events_does_anything_but_succeed_or_refuse(steps: list[tuple[Any, ...]]) -> None:
    made = host("e1", "e2")
    failure: Failure | None = None
    waiting: set[str] = set()
    for name, *arguments in steps:
        before = made.infos()
        try:
            if name == "lose":
                if arguments[0] not in waiting:
                    continue
                waiting.discard(arguments[0])
            getattr(made, name)(*arguments)
            if name == "ask":
                waiting.add(arguments[0])
                if made.take(arguments[0]) is not None:
                    waiting.discard(arguments[0])
        except Refused:
            assert name in ("register", "ask", "report")
            assert made.infos() == before
        except PlatformError:
            assert name in ("exited", "not_launched", "close_registration", "invoke", "shutdown")
        for identifier in sorted(waiting):
            try:
                if made.take(identifier) is not None:
                    waiting.discard(identifier)
            except Refused:
                waiting.discard(identifier)
        assert len(made.infos()) <= 10
        if name != "shutdown":
            assert failure is None or made.failure == failure
        failure = made.failure
        assert failure is None or made.fatal == failure.error_type


def test_where_invocations_run_at_once_they_are_no_events() -> None:
    made = ExtensionHost(lambda: "id", shared=True)
    made.expect(["external"])
    with pytest.raises(Refused) as error:
        made.register("external", BOTH)
    assert refusal(error) == (
        "Extension.InvalidEventType",
        "INVOKE: InvokeEventNotSupportedForManagedInstances",
    )
    assert made.register("external", ["SHUTDOWN"]) == "id"
