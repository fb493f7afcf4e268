"""What is told, to whom and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.invoke.ending import Ending
from lambent.invoke.journal import Journal
from lambent.invoke.output import Output
from lambent.invoke.records import Records
from lambent.invoke.report import InitReport, RestoreReport, TextLines, measured
from lambent.model.invocation import FunctionError, Invocation
from lambent.runtime_api.extensions import ExtensionInfo
from lambent.runtime_api.telemetry_records import Category, Event


class Hub:
    """What a TelemetryHub is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def emit(self, event: Event, at: float | None = None) -> None:
        self.told.append(event.type)

    def write(self, category: Category, lines: list[str]) -> None:
        self.told += [f"{category.value}: {line}" for line in lines]


class Desk:
    def __init__(self, world: Any) -> None:
        self.stream = world.stream("", "", "", "s")
        self.hub = Hub()
        self.journal = Journal(
            TextLines(world.runtime, region="r", version="1", old_lines=True),
            Records(world.runtime, region="r", name="f", version="1"),
            Output(self.stream, world.clock),
            world.clock,
        )
        self.journal.hub = self.hub  # type: ignore[assignment]

    @property
    def log(self) -> list[str]:
        return [line.split("\t")[0].split(" Runtime Version")[0] for line in self.stream.lines]


@pytest.fixture
async def desk(world) -> Desk:
    return Desk(world)


def tell_everything(desk: Desk) -> None:
    journal = desk.journal
    journal.init_started("init", logged=True)
    journal.init_runtime_done(InitReport(1.0, "init", "success"))
    journal.extension(ExtensionInfo("agent", "Ready", ("INVOKE",)))
    journal.init_ended(InitReport(1.0, "init", "error", "X"))
    invocation = Invocation("r", b"", 1, "arn")
    journal.started(invocation)
    journal.function_lines(["hello"])
    journal.extension_lines(["there"])
    journal.runtime_done(invocation, Ending("r", b"1"), 0.5)
    journal.ended(Ending("r", b"1"), measured("r", seconds=1, init_seconds=None, memory_mb=1, peak_bytes=1))


async def test_the_log_and_the_subscribers_hear_of_it_each_in_their_way(desk) -> None:
    tell_everything(desk)
    assert desk.log == [
        "INIT_START",
        "EXTENSION",
        "INIT_REPORT Init Duration: 1.00 ms",
        "START RequestId: r Version: 1",
        "END RequestId: r",
        "REPORT RequestId: r",
    ]
    assert desk.hub.told == [
        "platform.initStart",
        "platform.initRuntimeDone",
        "platform.extension",
        "platform.initReport",
        "platform.start",
        "function: hello",
        "extension: there",
        "platform.runtimeDone",
        "platform.end",
        "platform.report",
    ]


async def test_where_nobody_listens_only_the_log_is_kept(desk) -> None:
    desk.journal.hub = None
    tell_everything(desk)
    assert desk.hub.told == []
    assert len(desk.log) == 6


async def test_an_init_that_is_repeated_is_not_logged_again(desk) -> None:
    desk.journal.init_started("invoke", logged=False)
    assert desk.log == []
    assert desk.hub.told == ["platform.initStart"]


async def test_a_failure_has_its_old_line_and_its_fault(desk) -> None:
    ending = Ending("r", b"")
    ending.fail("error", FunctionError("Extension.Crash", b"{}"), "exit status 1")
    desk.journal.ended(ending, measured("r", seconds=1, init_seconds=None, memory_mb=1, peak_bytes=1))
    assert desk.stream.lines[0] == "RequestId: r Error: exit status 1\nExtension.Crash"
    assert desk.hub.told[0] == "platform.fault"


async def test_a_restore(desk) -> None:
    desk.journal.restore_started()
    desk.journal.restore_ended(RestoreReport(2.0))
    desk.journal.uncaptured("runs 2 threads")
    assert [line.split(" ")[0] for line in desk.stream.lines] == ["RESTORE_START", "RESTORE_REPORT", "SnapStart:"]
    assert desk.hub.told == ["platform.restoreStart", "platform.restoreRuntimeDone", "platform.restoreReport"]
