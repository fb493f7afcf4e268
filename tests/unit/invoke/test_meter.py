"""Readings made into reports."""

from __future__ import annotations

from lambent.invoke.ending import Ending
from lambent.invoke.meter import Meter
from lambent.model.invocation import Invocation
from lambent.sandbox.base import EnvironmentSpec
from tests.unit.invoke.conftest import FakeEnvironment

MIB = 1024 * 1024


def environment(world) -> FakeEnvironment:
    made = FakeEnvironment(world, EnvironmentSpec("0" * 32, world.runtime, world.layers, None, 128, 512, "a.b", {}))
    made.endpoint.close()
    return made


async def test_a_report_reads_the_peak_and_begins_another(world) -> None:
    meter, room = Meter(128, lambda peak: None), environment(world)
    room.peak = 40 * MIB
    report = meter.report(Ending("r", b""), 0.5, room, None)
    assert (report.request_id, report.duration_ms, report.max_memory_mb, report.memory_mb) == ("r", 500.0, 40, 128)
    assert world.events == ["take_peak"]
    assert meter.peak == 40 * MIB


async def test_init_is_billed_once(world) -> None:
    meter = Meter(128, lambda peak: None)
    meter.bill_init(0.25)
    first, second = (meter.report(Ending("r", b""), 0.5, None, None) for _ in range(2))
    assert (first.init_ms, first.billed_ms) == (250.0, 750)
    assert (second.init_ms, second.billed_ms) == (None, 500)


async def test_of_what_is_gone_the_last_reading_counts(world) -> None:
    meter, room = Meter(128, lambda peak: None), environment(world)
    room.peak = 40 * MIB
    meter.read(room)
    assert meter.report(Ending("r", b""), 0.5, None, None).max_memory_mb == 40


async def test_growth_is_told_in_steps(world) -> None:
    told: list[int] = []
    meter, room = Meter(128, told.append), environment(world)
    for peak in (40, 45, 30, 51, 60, 65):
        room.peak = peak * MIB
        meter.report(Ending("r", b""), 0.5, room, None)
    assert told == [40 * MIB, 51 * MIB, 65 * MIB]


async def test_what_lambda_itself_traces_is_told_by_its_report(world) -> None:
    meter, header = Meter(128, lambda peak: None), "Root=1;Parent=2;Sampled=1"
    traced, passing = (Invocation("r", b"", 1, "arn", trace_id=header, traced=traced) for traced in (True, False))
    assert meter.report(Ending("r", b""), 0.5, None, traced).trace_id == header
    assert meter.report(Ending("r", b""), 0.5, None, passing).trace_id is None
