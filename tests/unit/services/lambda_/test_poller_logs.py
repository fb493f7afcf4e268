"""System logs of pollers end in the log group of the function that is fed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind
from lambent.services.lambda_.poller_logs import PollerLogs
from tests.unit.services.lambda_.conftest import ROLE

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

HERE = ("000000000000", "us-east-1")
MAPPING = EventSourceMapping("u1", *HERE, SourceKind.KAFKA, "f", "", "", True, MappingState.ENABLED, 1.0)


class Logs:
    def __init__(self) -> None:
        self.written: list[tuple[object, ...]] = []

    def stream(
        self, account: str, region: str, group: str, name: str, role: str = "", *, in_json: bool = False
    ) -> Logs:
        self.written.append((account, region, group, name, role, in_json))
        return self

    def write(self, timestamp_ms: int, message: str) -> None:
        self.written.append((timestamp_ms, message))


async def test_the_group_is_what_the_function_has_now(world: World) -> None:
    logs = Logs()
    book = PollerLogs(world.repository, logs)
    await world.create()
    await world.settled()
    await book.write(MAPPING, "2026/11/28/u1", 5, "{}")
    await world.call("UpdateFunctionConfiguration", FunctionName="f", LoggingConfig={"LogGroup": "shared"})
    await world.settled()
    await book.write(MAPPING, "2026/11/28/u1", 6, "{}")
    await book.write(msgspec.structs.replace(MAPPING, function_name="gone"), "2026/11/28/u1", 7, "{}")
    assert logs.written == [
        (*HERE, "/aws/lambda/f", "2026/11/28/u1", ROLE, True),
        (5, "{}"),
        (*HERE, "shared", "2026/11/28/u1", ROLE, True),
        (6, "{}"),
    ]
