"""What invocations leave in the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from lambent.model.invocation import Ended, InitType, Invocation, Report
from lambent.observe.bill.usage import Usage
from tests.unit.invoke.conftest import make_function
from tests.unit.services.lambda_.conftest import StoppedClock

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"
VERSION = make_function(version="3", arn=f"{ARN}:3", memory_mb=512, ephemeral_mb=1536)
DAY = "2026-09-21"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def usage(tmp_path: Path, clock: StoppedClock) -> AsyncIterator[Usage]:
    async with Usage(tmp_path / "u.db", clock) as opened:
        yield opened


def ended(arn: str = f"{ARN}:live", ms: int = 500, init: InitType = InitType.ON_DEMAND, **more: float) -> Ended:
    restore = more.get("restore")
    report = Report("r", ms, ms, 512, 64, restore_ms=restore)
    return Ended(VERSION, Invocation("r", b"", 0, arn), report, init, 0.0, int(more.get("streamed", 0)))


async def told(usage: Usage, **of: str) -> dict[str, float]:
    lines = await usage.read("000000000000", "2026-09-01", "2026-12-31")
    return {
        each.line.kind: pytest.approx(each.amount)  # type: ignore[misc]
        for each in lines
        if all(getattr(each.line, name) == value for name, value in of.items())
    }


async def test_an_invocation(usage: Usage) -> None:
    for _ in range(4):
        usage.ended(ended())
    assert await told(usage, alias="live", version="3", day=DAY, function=ARN) == {
        "requests": 4,
        "gb_seconds": 4 * 0.5 * 0.5,
        "storage_gb_seconds": 4 * 0.5 * 1.0,
    }


async def test_what_is_paid_for_besides(usage: Usage) -> None:
    usage.ended(ended(ARN, init=InitType.PROVISIONED))
    usage.ended(ended(ARN, ms=0, streamed=7 * 2**20, restore=3.0))
    found = await told(usage, alias="")
    assert found["provisioned_gb_seconds"] == 0.25
    assert found["streamed_gb"] == 1 / 1024
    assert found["restored_gb"] == 0.5
    assert found["requests"] == 2
    usage.throttled(VERSION, ARN)
    assert await told(usage, alias="") == found


async def test_days_are_told_apart_and_add_up_over_starts(tmp_path: Path, clock: StoppedClock) -> None:
    for _ in range(2):
        async with Usage(tmp_path / "again.db", clock) as opened:
            opened.ended(ended())
            clock.at += 86_400
            opened.ended(ended())
            clock.at -= 86_400
    async with Usage(tmp_path / "again.db", clock) as opened:
        assert [(await told(opened, day=day))["requests"] for day in (DAY, "2026-09-22")] == [2, 2]
        assert await opened.read("111111111111", "2026-01-01", "2026-12-31") == []


async def test_provisioned_concurrency_is_billed_in_steps_of_five_minutes(usage: Usage, clock: StoppedClock) -> None:
    usage.provisioned(f"{ARN}:live", [(VERSION, 2)])
    clock.at += 301
    usage.provisioned(f"{ARN}:live", [(VERSION, 1)])
    clock.at += 300
    usage.provisioned(f"{ARN}:live", [])
    clock.at += 900
    assert await told(usage, alias="live") == {"provisioned_concurrency_gb_seconds": 2 * 0.5 * 600 + 0.5 * 300}


async def test_a_large_event_is_several_requests_once(usage: Usage) -> None:
    for size, attempt in ((256 * 1024, 1), (256 * 1024 + 1, 1), (2**20, 1), (2**20, 2)):
        case = ended(ARN)
        event = msgspec.structs.replace(case.invocation, payload=b"x" * size, accepted=1.0, attempt=attempt)
        usage.ended(msgspec.structs.replace(case, invocation=event))
    assert (await told(usage))["requests"] == 1 + 2 + 13 + 1


async def test_on_managed_instances_only_requests_are_lambdas(usage: Usage) -> None:
    usage.ended(ended(ARN, init=InitType.MANAGED))
    assert await told(usage, kind="gb_seconds") == {}
    assert (await told(usage))["requests"] == 1


SNAP = make_function(version="4", arn=f"{ARN}:4", memory_mb=512, runtime="python3.12", last_modified=1_790_000_000.0)


async def test_a_snapshot_is_billed_as_long_as_its_version_is_there(usage: Usage, clock: StoppedClock) -> None:
    usage.kept(SNAP)
    clock.at += 4 * 3600
    usage.kept(SNAP)  # made once more
    assert await told(usage, version="4") == {"cached_gb_seconds": 0.5 * 4 * 3600}
    clock.at += 600
    usage.gone(f"{ARN}:44")
    usage.gone(ARN)
    clock.at += 600
    usage.gone(ARN)
    assert await told(usage, version="4") == {"cached_gb_seconds": 0.5 * (4 * 3600 + 600)}


async def test_a_snapshot_is_billed_for_three_hours_at_least(tmp_path: Path, clock: StoppedClock) -> None:
    published = msgspec.structs.replace(SNAP, last_modified=clock.at)
    async with Usage(tmp_path / "s.db", clock) as usage:
        usage.kept(published)
        clock.at += 60
    async with Usage(tmp_path / "s.db", clock) as usage:  # a new start
        usage.kept(published)
        clock.at += 60
        usage.gone(published.arn)
        assert await told(usage, version="4") == {"cached_gb_seconds": 0.5 * 3 * 3600}


async def test_snapshots_of_java_cost_nothing(usage: Usage, clock: StoppedClock) -> None:
    java = msgspec.structs.replace(SNAP, runtime="java21")
    usage.kept(java)
    clock.at += 600
    case = msgspec.structs.replace(ended(ARN, restore=3.0), function=java)
    usage.ended(case)
    assert {"cached_gb_seconds", "restored_gb"}.isdisjoint(await told(usage))
