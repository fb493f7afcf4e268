"""The environments of functions on managed instances, and their invocations: what the crowd decides, done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, Self

from lambent.context import Clock, Context, Ids
from lambent.invoke import calls, errors
from lambent.invoke.base import EnvironmentInfo, InitFailure, InvokeRequest
from lambent.invoke.blueprint import Blueprints
from lambent.invoke.events import (
    Action,
    Arrived,
    Assign,
    Closed,
    Grew,
    Kill,
    Lost,
    Memory,
    Ready,
    Refuse,
    Retired,
    Start,
    StartFailed,
    Throttle,
    Tick,
    Yielded,
)
from lambent.invoke.room import Parts
from lambent.invoke.shared.crowd import Answered, Crowd, Event, Hung, Measured, Plan
from lambent.invoke.shared.environment import InitBroken, SharedEnvironment
from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.invoke.template import init_failure
from lambent.model.errors import PlatformError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import InitType, Invocation, InvocationResult

KILL_SECONDS = 5.0
"""How long ending all environments may take."""

PATIENCE_SECONDS = 1.0
"""How long others wait for an INIT that takes long."""

WATCH_SECONDS = 1.0
"""How often time and memory are looked at."""

_LOG = logging.getLogger(__name__)


class SharedFleet:
    """See the module. Open it with `async with`. `parts` as for other environments; `memory` reads the host's."""

    def __init__(
        self,
        crowd: Crowd,
        parts: Parts,
        blueprints: Blueprints,
        memory: Callable[[], Memory | None],
    ) -> None:
        self._crowd = crowd
        self._parts = replace(parts, grew=self._grew)
        self._blueprints = blueprints
        self._memory = memory
        self._clock: Clock = parts.clock
        self._ids: Ids = parts.ids
        self._environments: dict[int, SharedEnvironment] = {}
        self._waiting: dict[int, asyncio.Future[SharedEnvironment]] = {}
        self._last_ticket = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._watch: asyncio.Task[None] | None = None
        self._closing = False
        self._aims = False
        self._told = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End everything."""
        self._closing = True
        if self._watch is not None:
            self._watch.cancel()
        self._tell(Closed(PlatformError("Lambent is shutting down")))
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=KILL_SECONDS)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def plan(self, plan: Plan) -> None:
        """Keep so many environments of a version from now on."""
        self._aims = self._aims or plan.target is not None
        if self._watch is None:  # most machines never have one
            self._watch = self._own(self._look())
        self._read_memory()
        self._tell(plan)

    def retire(self, arn: str, keep: str | None) -> None:
        """See `base.Invoker.retire`."""
        self._tell(Retired(arn, keep))

    def infos(self) -> list[EnvironmentInfo]:
        """See `base.Invoker.environments`."""
        return [environment.info() for environment in self._environments.values()]

    async def invoke(self, ctx: Context, function: FunctionVersion, request: InvokeRequest) -> InvocationResult:
        """See `base.Invoker.invoke`. It runs on when the caller goes away."""
        invocation = self._invocation(ctx, function, request)
        return await asyncio.shield(self._own(self._run(function, invocation)))

    async def invoke_stream(self, ctx: Context, function: FunctionVersion, request: InvokeRequest) -> StreamedAnswer:
        """See `base.Invoker.invoke_stream`."""
        invocation = self._invocation(ctx, function, request)
        stream = StreamedAnswer(function.version)
        stream.trace_id = invocation.trace_id
        self._own(self._run(function, invocation, stream)).add_done_callback(partial(_tell_end, stream))
        return await stream.begun()

    def _invocation(self, ctx: Context, function: FunctionVersion, request: InvokeRequest) -> Invocation:
        now = self._parts.machine_time()
        return calls.invocation(ctx.request_id, function, request, now, ctx, self._parts.observers.samples)

    async def _run(
        self, function: FunctionVersion, invocation: Invocation, stream: StreamedAnswer | None = None
    ) -> InvocationResult:
        try:
            environment = await self._environment_for(function)
        except InitBroken as broken:
            return calls.result(function, invocation, broken.ending)
        ending, seconds = await environment.run(invocation, stream)
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, environment.finish, invocation, ending, seconds)  # after the answer
        return calls.result(function, invocation, ending)

    def _environment_for(self, function: FunctionVersion) -> asyncio.Future[SharedEnvironment]:
        self._last_ticket += 1
        found: asyncio.Future[SharedEnvironment] = asyncio.get_running_loop().create_future()
        self._waiting[self._last_ticket] = found
        self._tell(Arrived(self._last_ticket, function, self._clock.now()))
        return found

    async def launched(self, function: FunctionVersion) -> InitFailure | None:
        """See `base.Invoker.launched`."""
        while (standing := self._crowd.standing(function)).launching:
            await self._told.wait()
        return init_failure(standing.error.ending) if isinstance(standing.error, InitBroken) else None

    def _tell(self, event: Event) -> None:
        for action in self._crowd.handle(event):
            self._carry_out(action)
        told, self._told = self._told, asyncio.Event()
        told.set()

    def _carry_out(self, action: Action) -> None:
        match action:
            case Assign():
                environment = self._environments[action.environment]
                environment.cold += action.cold
                self._waiting.pop(action.ticket).set_result(environment)
            case Start():
                self._own(self._start(action))
            case Kill():
                if (doomed := self._environments.pop(action.environment, None)) is not None:
                    self._own(doomed.stop())
            case Refuse():
                self._waiting.pop(action.ticket).set_exception(action.error)
            case Throttle():
                self._waiting.pop(action.ticket).set_exception(errors.throttled(action.refusal))

    async def _start(self, action: Start) -> None:
        """Make an environment and run its INIT, telling the crowd."""
        number = action.environment
        environment: SharedEnvironment | None = None
        slow = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._tell, Yielded(number))
        try:
            blueprint = await self._blueprints.draw(action.function, InitType.MANAGED)
            environment = SharedEnvironment(number, self._parts, blueprint, self._hung, self._answered, self._lost)
            self._environments[number] = environment
            await environment.launch()
            await environment.initialize()
            if self._closing or number not in self._environments:
                raise PlatformError("the environment is not wanted any more")
        except Exception as error:
            if not isinstance(error, InitBroken):
                _LOG.warning("no environment of %s could be started: %s", action.function.arn, error)
            self._environments.pop(number, None)
            if environment is not None:
                await environment.stop()
            self._tell(StartFailed(number, error))
        else:
            self._tell(Ready(number, self._clock.now()))
        finally:
            slow.cancel()

    def _hung(self, number: int) -> None:
        self._tell(Hung(number))

    def _answered(self, number: int, late: bool) -> None:
        self._tell(Answered(number, self._clock.now(), late))

    def _lost(self, number: int) -> None:
        self._tell(Lost(number))

    def _grew(self, number: int, size: int) -> None:
        self._tell(Grew(number, size))

    def _own(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(_ignored)
        return task

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            self._read_memory()
            if self._aims:
                for number, environment in list(self._environments.items()):
                    self._tell(Measured(number, environment.busy(WATCH_SECONDS)))
            self._tell(Tick(self._clock.now()))

    def _read_memory(self) -> None:
        if (memory := self._memory()) is not None:
            self._tell(memory)


def _ignored(task: asyncio.Task[Any]) -> None:
    """Whoever waits for it is told what went wrong; perhaps nobody does any more."""
    if not task.cancelled():
        task.exception()


def _tell_end(stream: StreamedAnswer, task: asyncio.Task[InvocationResult]) -> None:
    """How a streamed invocation ended, for its reader."""
    if task.cancelled():
        stream.fail(PlatformError("Lambent is shutting down"))
    elif (error := task.exception()) is not None:
        stream.fail(error)
    else:
        stream.end(task.result())
