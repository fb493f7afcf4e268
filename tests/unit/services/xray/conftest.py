"""X-Ray's operations over the memory store and traces in a temporary directory."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lambent.clock import RandomIds
from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.observe.traces.store import TraceStore
from lambent.services.access import Place
from lambent.services.operation import Result
from lambent.services.xray.api import XrayApi
from lambent.services.xray.repository import Repository
from lambent.store.memory import MemoryStore
from tests.spoken import spoken
from tests.unit.services.lambda_.conftest import StoppedClock

ACCOUNT, REGION = "000000000000", "us-east-1"
AT = Place(ACCOUNT, REGION)
NOW = 1_790_000_000.0


class World:
    """All operations of X-Ray; `call` runs one as the account's root."""

    def __init__(self, store: TraceStore, clock: StoppedClock) -> None:
        self.clock = clock
        self.repository = Repository(MemoryStore())
        self.operations = XrayApi(store, self.repository).operations

    def ctx(self) -> Context:
        principal = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIA")
        return Context(ACCOUNT, REGION, principal, "1", self.clock, RandomIds(), "http://h")

    async def call(self, name: str, **params: Any) -> Result:
        return spoken("xray", name, await self.operations[name].handler(self.ctx(), params))

    async def refused(self, name: str, **params: Any) -> str:
        """The text of the refusal of a call; fails if it is not refused."""
        with pytest.raises(ApiError) as raised:
            await self.call(name, **params)
        return raised.value.message

    async def put(self, *segments: dict[str, Any]) -> None:
        told = await self.call("PutTraceSegments", TraceSegmentDocuments=[json.dumps(each) for each in segments])
        assert told == {"UnprocessedTraceSegments": []}


def trace(number: int) -> str:
    return f"1-5759e988-{number:024x}"


def segment(number: int, id_: str, name: str, start: float = 0.0, seconds: float = 1.0, **more: Any) -> dict[str, Any]:
    """A segment of the trace of that number, `start` seconds after `NOW`."""
    begun = NOW + start
    times = {"start_time": begun, "end_time": begun + seconds}
    return {"trace_id": trace(number), "id": id_ * 16, "name": name, **times, **more}


def around() -> dict[str, datetime]:
    return {"StartTime": datetime.fromtimestamp(NOW - 600, UTC), "EndTime": datetime.fromtimestamp(NOW + 600, UTC)}


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def world(tmp_path: Path, clock: StoppedClock) -> AsyncIterator[World]:
    async with TraceStore(tmp_path / "t.db", clock) as store:
        yield World(store, clock)
