"""Redrive: dead letters go back where they came from, or elsewhere, at a rate, in the background.

Tasks are told of as long as the server runs; a restart ends one that runs, and what is moved is moved.
"""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from typing import Any, Self

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.operation import Params, Result, operation
from lambent.services.sqs import errors, limits
from lambent.services.sqs.post import PostOffice, box
from lambent.services.sqs.records import Queue

_TOLD = 10
_CHUNK = 100


class Task(msgspec.Struct):
    """One redrive."""

    handle: str
    source: Queue
    target: Queue | None
    rate: int | None
    started: float
    to_move: int
    moved: int = 0
    status: str = "RUNNING"
    work: asyncio.Task[None] | None = None


class Moves:
    """StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask. Open it with `async with`."""

    def __init__(self, post: PostOffice) -> None:
        self._post = post
        self._tasks: dict[str, list[Task]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        running = [each.work for tasks in self._tasks.values() for each in tasks if each.work is not None]
        for work in running:
            work.cancel()
        if running:
            await asyncio.wait(running)

    @operation("StartMessageMoveTask")
    async def start(self, ctx: Context, params: Params) -> Result:
        """Begin to move a dead-letter queue's messages."""
        source = await self._post.by_arn(params["SourceArn"])
        if source is None:
            raise errors.no_such_source("The resource that you specified for the SourceArn parameter doesn't exist.")
        if not await self._is_dead_letter_queue(source):
            raise errors.invalid("Source queue must be configured as a Dead Letter Queue.")
        target = None
        if params.get("DestinationArn"):
            target = await self._post.by_arn(params["DestinationArn"])
            if target is None:
                raise errors.no_such_source(
                    "The resource that you specified for the DestinationArn parameter doesn't exist."
                )
        rate = params.get("MaxNumberOfMessagesPerSecond")
        if rate is not None and not 1 <= rate <= limits.MOVES_PER_SECOND:
            raise errors.invalid(
                f"Value {rate} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and"
                f" {limits.MOVES_PER_SECOND}."
            )
        tasks = self._tasks.setdefault(source.arn, [])
        if any(each.status == "RUNNING" for each in tasks):
            raise errors.invalid(
                "There is already a task running. Only one active task is allowed for a source queue arn at a given"
                " time."
            )
        now = ctx.clock.now()
        counts = await self._post.mailbox.counts(box(source), now=now)
        handle = urlsafe_b64encode(f"{source.arn} {ctx.ids.request_id()}".encode()).decode()
        task = Task(handle, source, target, rate, now, counts.visible)
        task.work = asyncio.create_task(self._move(ctx, task))
        tasks.insert(0, task)
        del tasks[_TOLD:]
        return {"TaskHandle": handle}

    @operation("ListMessageMoveTasks")
    async def list_tasks(self, ctx: Context, params: Params) -> Result:
        """The last tasks of a dead-letter queue, the newest first."""
        if await self._post.by_arn(params["SourceArn"]) is None:
            raise errors.no_such_source("The resource that you specified for the SourceArn parameter doesn't exist.")
        count = params.get("MaxResults", 1)
        return {"Results": [_shown(each) for each in self._tasks.get(params["SourceArn"], [])[:count]]}

    @operation("CancelMessageMoveTask")
    async def cancel(self, ctx: Context, params: Params) -> Result:
        """Stop a task; what is moved is moved."""
        for tasks in self._tasks.values():
            for task in tasks:
                if task.handle == params["TaskHandle"] and task.status == "RUNNING":
                    task.status = "CANCELLED"
                    if task.work is not None:
                        task.work.cancel()
                        await asyncio.wait([task.work])
                    return {"ApproximateNumberOfMessagesMoved": task.moved}
        raise errors.no_such_source("Task does not exist.")

    async def _move(self, ctx: Context, task: Task) -> None:
        chunk = min(_CHUNK, task.rate or _CHUNK)
        retention = (task.target or task.source).number("MessageRetentionPeriod")
        other = None if task.target is None else box(task.target)
        targets: dict[str, str] = {}
        for arn in await self._post.mailbox.sources(box(task.source)) if other is None else ():
            if (source := await self._post.by_arn(arn)) is not None:
                targets[arn] = box(source)
        while True:
            now = ctx.clock.now()
            moved = await self._post.mailbox.move(
                box(task.source), targets, other, limit=chunk, now=now, expires=now + retention
            )
            task.moved += len(moved)
            for each in set(moved):
                self._post.arrived(each)
            if not moved:
                task.status = "COMPLETED"
                return
            if task.rate is not None:
                await ctx.clock.sleep(len(moved) / task.rate)

    async def _is_dead_letter_queue(self, queue: Queue) -> bool:
        place, after = Place(queue.account, queue.region), ""
        while page := await self._post.repository.queues(place, after=after):
            if any(each.redrive is not None and each.redrive.target == queue.arn for each in page):
                return True
            after = page[-1].name
        return False


def _shown(task: Task) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Status": task.status,
        "SourceArn": task.source.arn,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "StartedTimestamp": int(task.started * 1000),
    }
    if task.status == "RUNNING":
        shown["TaskHandle"] = task.handle
    if task.target is not None:
        shown["DestinationArn"] = task.target.arn
    if task.rate is not None:
        shown["MaxNumberOfMessagesPerSecond"] = task.rate
    return shown
