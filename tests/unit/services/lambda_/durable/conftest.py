"""A durable function `d` whose invocations are played by the test."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from lambent.context import Context
from lambent.invoke.base import InvokeRequest
from lambent.model.invocation import InvocationResult
from lambent.services.lambda_.durable.arns import execution_ref

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


class Stage:
    """What the function does: one list of updates an invocation, then what it answers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.acts: list[tuple[list[dict[str, Any]], Any]] = []
        self.events: list[dict[str, Any]] = []
        self.told: list[Any] = []
        self.called: list[tuple[Context, str, Any]] = []
        self.answers: list[Any] = []
        self.held = asyncio.Event()
        self.held.set()

    async def play(self, ctx: Context, request: InvokeRequest) -> InvocationResult:
        event = json.loads(request.payload)
        self.events.append(event)
        await self.held.wait()
        updates, answer = self.acts.pop(0)
        if updates:
            self.told.append(
                await self.world.call(
                    "CheckpointDurableExecution",
                    DurableExecutionArn=event["DurableExecutionArn"],
                    CheckpointToken=event["CheckpointToken"],
                    Updates=updates,
                )
            )
        if isinstance(answer, Exception):
            raise answer
        return InvocationResult(json.dumps(answer).encode(), "$LATEST")

    async def call(self, ctx: Context, service: str, operation: str, params: Any, *, answer_bytes: int = 0) -> Any:
        """The neighbours' seam."""
        self.called.append((ctx, f"{service}:{operation}", params))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def start(self, **more: Any) -> str:
        """Begin an execution; its ARN."""
        given = {"FunctionName": "d", "Qualifier": "$LATEST", "InvocationType": "Event", "Payload": b"[1]"}
        return str((await self.world.call("Invoke", **(given | more)))["DurableExecutionArn"])

    async def ended(self, arn: str) -> dict[str, Any]:
        """The execution when it is over."""
        await self.world.runs.outcome(execution_ref(arn))
        return dict(await self.world.call("GetDurableExecution", DurableExecutionArn=arn))

    async def idle(self) -> None:
        """When nothing happens by itself any more."""
        for _ in range(200):
            await asyncio.sleep(0)

    async def history(self, arn: str, **more: Any) -> list[str]:
        """The types of events."""
        shown = await self.world.call("GetDurableExecutionHistory", DurableExecutionArn=arn, **more)
        return [event["EventType"] for event in shown["Events"]]


DONE = {"Status": "SUCCEEDED", "Result": '"done"'}
PENDING = {"Status": "PENDING"}
FOREVER = {"Id": "w", "Type": "WAIT", "Action": "START", "WaitOptions": {"WaitSeconds": 100_000}}
CALLBACK = {"Id": "c", "Type": "CALLBACK", "Action": "START"}


@pytest.fixture
async def stage(world: World, monkeypatch: pytest.MonkeyPatch) -> Stage:
    await world.create("d", DurableConfig={"ExecutionTimeout": 900_000, "RetentionPeriodInDays": 1})
    await world.settled("d")
    made = Stage(world)
    world.invoker.play = made.play
    monkeypatch.setattr(world.neighbours, "call", made.call)
    return made
