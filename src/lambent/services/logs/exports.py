"""Export tasks: events of a time as packed files in a bucket. One after the other; a restart begins one anew."""

from __future__ import annotations

import asyncio
import gzip
from datetime import UTC, datetime
from typing import Any, Self

import msgspec

from lambent.context import Context
from lambent.model.errors import ApiError, PlatformError
from lambent.neighbours.acting import Acting
from lambent.neighbours.base import Neighbours
from lambent.observe.log_files import LogFiles
from lambent.observe.log_lines import Found
from lambent.observe.log_names import Group
from lambent.services.access import Place
from lambent.services.logs import errors, limits
from lambent.services.logs.archive import Archive
from lambent.services.logs.destinations import SERVICE
from lambent.services.logs.names import group_arn
from lambent.services.logs.pages import page
from lambent.services.logs.records import ExportTask
from lambent.services.operation import Params, Result, operation

_TEST = "aws-logs-write-test"
_FILE_BYTES = 8 * 1024 * 1024


class Exports:
    """CreateExportTask, DescribeExportTasks, CancelExportTask. Open it with `async with`."""

    def __init__(self, archive: Archive, neighbours: Neighbours, acting: Acting) -> None:
        self._archive = archive
        self._neighbours = neighbours
        self._acting = acting
        self._running: dict[str, asyncio.Task[None]] = {}
        self._one = asyncio.Lock()

    async def __aenter__(self) -> Self:
        for account, region in await self._archive.store.ask(LogFiles.places):
            at = Place(account, region)
            for each in (await self._archive.repository.all(ExportTask, at)).values():
                if each.status in ("PENDING", "RUNNING"):
                    self._begin(at, each)
        return self

    async def __aexit__(self, *exc: object) -> None:
        running = [*self._running.values()]
        for each in running:
            each.cancel()
        if running:
            await asyncio.wait(running)

    @operation("CreateExportTask")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Begin to write events into a bucket that can be written."""
        group, at = await self._archive.group(ctx, params), Place(ctx.account, ctx.region)
        if params["from"] >= params["to"]:
            raise errors.invalid("from must be before to.")
        if any(each.status in ("PENDING", "RUNNING") for each in (await self._all(at)).values()):
            raise errors.over_limit("export tasks at once")
        task = ExportTask(
            id=ctx.ids.request_id(),
            name=params.get("taskName", ""),
            group=group.name,
            prefix=params.get("logStreamNamePrefix", ""),
            from_ms=params["from"],
            to_ms=params["to"],
            bucket=params["destination"],
            key=params.get("destinationPrefix", "exportedlogs"),
            made_ms=int(ctx.clock.now() * 1000),
        )
        try:
            await self._put(at, task, f"{task.key}/{_TEST}", b"Permission Check Successful")
        except ApiError as error:
            raise errors.invalid(f"The bucket {task.bucket} could not be written: {error.message}") from None
        await self._archive.repository.put(at, task.id, task)
        self._begin(at, task)
        return {"taskId": task.id}

    @operation("DescribeExportTasks")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """The tasks, also those that have ended."""
        found = [
            each
            for each in (await self._all(Place(ctx.account, ctx.region))).values()
            if params.get("taskId") in (None, each.id) and params.get("statusCode") in (None, each.status)
        ]
        return page(params, "exportTasks", found, lambda each: each.id, _shown)

    @operation("CancelExportTask")
    async def cancel(self, ctx: Context, params: Params) -> Result:
        """End one that has not ended."""
        at = Place(ctx.account, ctx.region)
        task = (await self._all(at)).get(params["taskId"])
        if task is None:
            raise errors.gone("export task")
        running = self._running.pop(task.id, None)
        if running is None:
            raise ApiError("InvalidOperationException", "The specified export task has already finished")
        running.cancel()
        await asyncio.wait([running])
        await self._end(at, task, "CANCELLED", "")
        return {}

    async def _all(self, at: Place) -> dict[str, ExportTask]:
        return await self._archive.repository.all(ExportTask, at)

    def _begin(self, at: Place, task: ExportTask) -> None:
        self._running[task.id] = asyncio.create_task(self._run(at, task), name="export logs")

    async def _run(self, at: Place, task: ExportTask) -> None:
        try:
            async with self._one:
                running = msgspec.structs.replace(task, status="RUNNING")
                await self._archive.repository.put(at, task.id, running)
                await self._write(at, task)
        except (ApiError, PlatformError) as error:
            await self._end(at, task, "FAILED", str(error))
        else:
            await self._end(at, task, "COMPLETED", "Completed successfully")
        finally:
            self._running.pop(task.id, None)

    async def _end(self, at: Place, task: ExportTask, status: str, message: str) -> None:
        ended_ms = int(self._archive.clock.now() * 1000)
        ended = msgspec.structs.replace(task, status=status, message=message, ended_ms=ended_ms)
        await self._archive.repository.put(at, task.id, ended)
        done = sorted((each.made_ms, each.id) for each in (await self._all(at)).values() if each.ended_ms)
        for _, old in done[: -limits.EXPORTS_KEPT]:
            await self._archive.repository.drop(ExportTask, at, old)

    async def _write(self, at: Place, task: ExportTask) -> None:
        group = Group(at.account, at.region, task.group)
        for stream in await self._archive.store.ask(LogFiles.streams, group):
            if not stream.startswith(task.prefix):
                continue
            number, beyond = 0, None
            lines: list[str] = []
            while True:
                found = await self._archive.page(
                    group, [stream], start_ms=task.from_ms, end_ms=task.to_ms, limit=limits.EVENTS, beyond=beyond
                )
                lines += [_line(each) for each in found.events]
                beyond = found.next
                if lines and (beyond is None or sum(map(len, lines)) > _FILE_BYTES):
                    name = f"{task.key}/{task.id}/{stream.replace('/', '-')}/{number:06d}.gz"
                    await self._put(at, task, name, await asyncio.to_thread(gzip.compress, "".join(lines).encode()))
                    number, lines = number + 1, []
                if beyond is None:
                    break

    async def _put(self, at: Place, task: ExportTask, key: str, body: bytes) -> None:
        source = f"{group_arn(Group(at.account, at.region, task.group))}:*"
        acting = self._acting.as_service(SERVICE, source)
        await self._neighbours.call(acting, "s3", "PutObject", {"Bucket": task.bucket, "Key": key, "Body": body})


def _line(event: Found) -> str:
    moment = datetime.fromtimestamp(event.timestamp_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return f"{moment}Z {event.message}\n"


def _shown(task: ExportTask) -> dict[str, Any]:
    status: dict[str, Any] = {"code": task.status}
    if task.message:
        status["message"] = task.message
    shown = {
        "taskId": task.id,
        "taskName": task.name,
        "logGroupName": task.group,
        "from": task.from_ms,
        "to": task.to_ms,
        "destination": task.bucket,
        "destinationPrefix": task.key,
        "status": status,
        "executionInfo": {"creationTime": task.made_ms, **({"completionTime": task.ended_ms} if task.ended_ms else {})},
    }
    return {key: value for key, value in shown.items() if value != ""}
