"""From a request to its answer: admission, the pool's decisions carried out, bookkeeping after the answer.

The hot path of a warm invocation is `invoke` -> `_serve` -> `LiveEnvironment.run`, in one task, which is not
the caller's: a caller that goes away does not stop the function. No store, queue or bus is touched here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from lambent.context import Clock, Context, Ids
from lambent.invoke import errors
from lambent.invoke.admission import Admission
from lambent.invoke.base import Credentials, EnvironmentInfo, InvokeRequest
from lambent.invoke.blueprint import Blueprints, LayerTree, Logs, no_layers
from lambent.invoke.ending import Ending
from lambent.invoke.environment import LiveEnvironment, Parts
from lambent.invoke.lifecycle import State
from lambent.invoke.pool import (
    Action,
    Arrived,
    Assign,
    Closed,
    Freed,
    Kill,
    Launched,
    Lost,
    Pool,
    Ready,
    Refuse,
    Retired,
    Start,
    StartFailed,
    Tick,
    Withdrawn,
)
from lambent.invoke.room import OpenSession, ServeEndpoint
from lambent.invoke.trace import trace_header
from lambent.model.errors import ApiError, PlatformError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Invocation, InvocationResult
from lambent.model.runtime import Runtime
from lambent.sandbox.base import Sandbox
from lambent.settings import Settings

_log = logging.getLogger(__name__)

DRAIN_SECONDS = 2.0
"""How long invocations that run may go on when the dispatcher is closed."""

KILL_SECONDS = 5.0
"""How long killing all environments may take then; the sandbox ends what is left."""

RESET_SECONDS = 1.0
"""How long the answer of a timeout or crash waits for the end of what ran, which takes milliseconds."""

_T = TypeVar("_T")

_STARTS_PER_CORE = 2
_REAP_SHARE = 20
_REAP_SECONDS = (0.05, 30.0)


class _Call:
    """One admitted invocation. Its answer is given once, and what it was counted for is given back with it."""

    __slots__ = ("_admission", "_open", "answer", "function", "request", "request_id")

    def __init__(
        self, request_id: str, function: FunctionVersion, request: InvokeRequest, admission: Admission
    ) -> None:
        self.request_id = request_id
        self.function = function
        self.request = request
        self.answer: asyncio.Future[InvocationResult] = asyncio.get_running_loop().create_future()
        self._admission = admission
        self._open = True

    def succeed(self, result: InvocationResult) -> None:
        """The answer, unless nobody waits for it any more."""
        if self._close():
            self.answer.set_result(result)

    def fail(self, error: BaseException) -> None:
        """No answer: an ApiError or PlatformError as it is, anything else is our mistake."""
        if not isinstance(error, ApiError | PlatformError):
            _log.error("invocation %s of %s failed", self.request_id, self.function.arn, exc_info=error)
            error = PlatformError(f"invocation {self.request_id}: {error!r}")
        if self._close():
            self.answer.set_exception(error)

    def _close(self) -> bool:
        if self._open:
            self._open = False
            self._admission.release(self.function)
        return not self.answer.done()


class Dispatcher:
    """The real `base.Invoker`. Open it with `async with`, after the sandbox and the log store.

    `machine_time` is the clock that functions read too (`clock` may be moved by users): deadlines are told in it.
    """

    def __init__(
        self,
        *,
        sandbox: Sandbox,
        open_session: OpenSession,
        serve_endpoint: ServeEndpoint,
        runtime_for: Callable[[str], Runtime | None],
        code_tree: Callable[[str], Awaitable[Path]],
        layer_tree: LayerTree = no_layers,
        credentials: Callable[[FunctionVersion], Credentials],
        logs: Logs,
        clock: Clock,
        ids: Ids,
        settings: Settings,
        machine_time: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._machine_time = machine_time
        self._reap_seconds = min(max(settings.idle_seconds / _REAP_SHARE, _REAP_SECONDS[0]), _REAP_SECONDS[1])
        self._admission = Admission(limit=settings.concurrency_limit, unreserved_minimum=settings.unreserved_minimum)
        self._pool = Pool(starts=_STARTS_PER_CORE * (os.cpu_count() or 1), idle_seconds=settings.idle_seconds)
        self._parts = Parts(sandbox, open_session, serve_endpoint, clock, ids, settings.init_seconds)
        self._blueprints = Blueprints(
            runtime_for=runtime_for,
            code_tree=code_tree,
            layer_tree=layer_tree,
            credentials=credentials,
            logs=logs,
            clock=clock,
            ids=ids,
            old_log_lines=settings.old_log_lines,
        )
        self._environments: dict[int, LiveEnvironment] = {}
        self._waiting: dict[int, asyncio.Future[LiveEnvironment]] = {}
        self._last_ticket = 0
        self._serving: set[asyncio.Task[Any]] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._reaper: asyncio.Task[None] | None = None
        self._closing = False

    async def __aenter__(self) -> Self:
        self._reaper = self._own(self._tasks, self._reap())
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Let running invocations end for `DRAIN_SECONDS`, then kill everything."""
        if self._reaper is not None:
            self._reaper.cancel()
        if self._serving:
            await asyncio.wait(self._serving, timeout=DRAIN_SECONDS)
        self._closing = True
        self._carry_out(self._pool.handle(Closed(PlatformError("Lambent is shutting down"))))
        if everything := self._serving | self._tasks:
            _, left = await asyncio.wait(everything, timeout=KILL_SECONDS)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def invoke(self, ctx: Context, function: FunctionVersion, request: InvokeRequest) -> InvocationResult:
        """See `base.Invoker.invoke`."""
        refusal = self._admission.admit(function)
        if refusal is not None:
            raise errors.throttled(refusal)
        call = _Call(ctx.request_id, function, request, self._admission)
        self._own(self._serving, self._serve(call))
        return await call.answer

    def retire(self, arn: str, keep: str | None) -> None:
        """See `base.Invoker.retire`."""
        self._carry_out(self._pool.handle(Retired(arn, keep)))

    def reserve(self, function_arn: str, concurrency: int | None) -> None:
        """See `base.Invoker.reserve`."""
        _, _, _, region, account, _, name = function_arn.split(":")
        self._admission.reserve(account, region, name, concurrency)

    def environments(self) -> list[EnvironmentInfo]:
        """See `base.Invoker.environments`."""
        return [_info(environment) for environment in self._environments.values()]

    async def _serve(self, call: _Call) -> None:
        """One admitted invocation, from its environment to its report. Never raises, but for cancellation."""
        number: int | None = None
        try:
            environment = await self._environment_for(call.function)
            number = environment.number
            invocation = self._invocation(call)
            ending = await environment.run(invocation, tail=call.request.log_tail)
            if self._closing and not ending.answered:
                raise PlatformError("Lambent is shutting down")
            result = _result(call.function, invocation, ending)
            kept = await self._answer(call, environment, ending, result)
        except BaseException as error:
            call.fail(error)
            if number is not None:
                self._carry_out(self._pool.handle(Lost(number)))
            if isinstance(error, Exception):
                return
            raise
        if kept and environment.life.state is State.INVOKE:
            environment.release()
        self._carry_out(self._pool.handle(Freed(number, self._clock.now()) if kept else Lost(number)))
        # Two turns of the loop: the caller renders the answer in the first, and its bytes leave with its end.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        environment.finish()

    async def _answer(
        self, call: _Call, environment: LiveEnvironment, ending: Ending, result: InvocationResult
    ) -> bool:
        """Give the answer as early as it may be given; True if the environment can serve again."""
        if ending.answered and not call.request.log_tail:
            call.succeed(result)
            return await environment.settle(ending) or await environment.reset()
        resetting: asyncio.Task[bool] | None = None
        if not await environment.settle(ending):  # who hears of a timeout may rely on it that nothing runs on
            resetting = self._own(self._tasks, environment.reset())
            await asyncio.wait({resetting}, timeout=RESET_SECONDS)
        environment.finish()
        if call.request.log_tail:
            result = msgspec.structs.replace(result, log_tail=environment.output.take_tail())
        call.succeed(result)
        return resetting is None or await resetting

    async def _environment_for(self, function: FunctionVersion) -> LiveEnvironment:
        """A claimed environment: at once if one is warm."""
        self._last_ticket += 1
        ticket = self._last_ticket
        actions = self._pool.handle(Arrived(ticket, function))
        if len(actions) == 1 and isinstance(action := actions[0], Assign) and action.ticket == ticket:
            return self._claimed(action.environment)
        found: asyncio.Future[LiveEnvironment] = asyncio.get_running_loop().create_future()
        self._waiting[ticket] = found
        self._carry_out(actions)
        return await found

    def _invocation(self, call: _Call) -> Invocation:
        request, timeout = call.request, call.function.timeout
        return Invocation(
            request_id=call.request_id,
            payload=request.payload,
            deadline_ms=int((self._machine_time() + timeout) * 1000),
            invoked_arn=request.invoked_arn,
            trace_id=trace_header(request.trace_id, self._clock.now(), self._ids),
            client_context=request.client_context,
            cognito_identity=request.cognito_identity,
            tenant_id=request.tenant_id,
        )

    def _carry_out(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Assign():
                    self._assign(self._waiting.pop(action.ticket), action.environment)
                case Start():
                    self._own(self._tasks, self._start(action.environment, action.function))
                case Kill():
                    if (doomed := self._environments.pop(action.environment, None)) is not None:
                        self._own(self._tasks, doomed.stop())
                case Refuse():
                    self._waiting.pop(action.ticket).set_exception(action.error)

    def _assign(self, found: asyncio.Future[LiveEnvironment], number: int) -> None:
        try:
            found.set_result(self._claimed(number))
        except PlatformError as error:
            found.set_exception(error)

    def _claimed(self, number: int) -> LiveEnvironment:
        environment = self._environments[number]
        try:
            environment.claim()
        except PlatformError:
            self._carry_out(self._pool.handle(Lost(number)))
            raise
        return environment

    async def _start(self, number: int, function: FunctionVersion) -> None:
        """Make an environment and run its INIT, telling the pool."""
        environment: LiveEnvironment | None = None
        try:
            blueprint = await self._blueprints.draw(function)
            environment = LiveEnvironment(number, self._parts, blueprint, self._idle_exit)
            await environment.launch()
            if self._closing:
                raise PlatformError("Lambent is shutting down")
            self._environments[number] = environment
            self._carry_out(self._pool.handle(Launched(number)))
            await environment.initialize()
        except Exception as error:
            self._environments.pop(number, None)
            if environment is not None:
                await environment.stop()
            self._carry_out(self._pool.handle(StartFailed(number, error)))
        else:
            self._carry_out(self._pool.handle(Ready(number, self._clock.now())))

    def _idle_exit(self, number: int) -> None:
        if (environment := self._environments.get(number)) is not None:
            self._carry_out(self._pool.handle(Withdrawn(number)))
            self._own(self._tasks, self._revive(environment))

    async def _revive(self, environment: LiveEnvironment) -> None:
        """Reset an environment whose runtime ended while it was idle."""
        number = environment.number
        kept = await environment.reset()
        self._carry_out(self._pool.handle(Freed(number, self._clock.now()) if kept else Lost(number)))

    async def _reap(self) -> None:
        while True:
            await self._clock.sleep(self._reap_seconds)
            self._carry_out(self._pool.handle(Tick(self._clock.now())))

    def _own(self, tasks: set[asyncio.Task[Any]], work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Run `work` as a task that is kept in `tasks` until it ends."""
        task = asyncio.get_running_loop().create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return task


def _result(function: FunctionVersion, invocation: Invocation, ending: Ending) -> InvocationResult:
    return InvocationResult(
        payload=ending.payload,
        executed_version=function.version,
        function_error=None if ending.status == "success" else errors.UNHANDLED,
        trace_id=invocation.trace_id,
    )


def _info(environment: LiveEnvironment) -> EnvironmentInfo:
    function, blueprint = environment.function, environment.blueprint
    return EnvironmentInfo(
        id=blueprint.spec.id,
        function_arn=function.arn,
        revision_id=function.revision_id,
        runtime=blueprint.spec.runtime.name,
        state=environment.life.state.value,
        log_group=function.logging.log_group,
        log_stream=blueprint.log_stream,
        started_at=environment.started_at,
        invocations=environment.invocations,
        init_ms=None if environment.init_seconds is None else environment.init_seconds * 1000,
    )
