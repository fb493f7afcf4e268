"""Export tasks: files in a bucket."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

from lambent.model.errors import ApiError
from tests.unit.services.logs.conftest import World


async def begin(world: World, **params: Any) -> str:
    given: dict[str, Any] = {"logGroupName": "g", "from": 0, "to": world.now + 10, "destination": "bucket"}
    return str((await world.call("CreateExportTask", **{**given, **params}))["taskId"])


async def task(world: World, status: str) -> dict[str, Any]:
    async def look() -> list[Any]:
        return list((await world.call("DescribeExportTasks", statusCode=status))["exportTasks"])

    while not (found := await look()):
        await asyncio.to_thread(lambda: None)
    return dict(found[0])


async def test_an_export(world: World) -> None:
    await world.stream(stream="a/b")
    await world.put("one", "two", stream="a/b")
    known = await begin(world, taskName="t", destinationPrefix="p")
    shown = await task(world, "COMPLETED")
    assert (shown["taskId"], shown["taskName"], shown["destination"]) == (known, "t", "bucket")
    (test, file) = [params for service, _, params, _ in world.outside.calls if service == "s3"]
    assert (test["Key"], file["Key"]) == ("p/aws-logs-write-test", f"p/{known}/a-b/000000.gz")
    lines = gzip.decompress(file["Body"]).decode().splitlines()
    assert [line.split("Z ")[1] for line in lines] == ["one", "two"]
    assert (await world.refused("CancelExportTask", taskId=known))[0] == "InvalidOperationException"


async def test_a_bucket_that_cannot_be_written(world: World) -> None:
    await world.stream()
    world.outside.answers = [ApiError("ServiceUnavailable", "There is no s3 to call")]
    code, said = await world.refused("CreateExportTask", logGroupName="g", **{"from": 0, "to": 1}, destination="bucket")
    assert (code, said) == (
        "InvalidParameterException",
        "The bucket bucket could not be written: There is no s3 to call",
    )
    await world.put("x")
    world.outside.answers = [None, ApiError("AccessDenied", "no")]
    await begin(world)
    assert (await task(world, "FAILED"))["status"]["message"] == "AccessDenied: no"
    assert (await world.refused("CancelExportTask", taskId="x"))[0] == "ResourceNotFoundException"
