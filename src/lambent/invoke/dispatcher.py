"""From a request to its answer: admission, an environment, the answer, bookkeeping after it.

A warm invocation goes `invoke` -> `_run_at_once` -> the runtime -> `_answered`, without a task. What has to wait for
something else (a start, a thaw, extensions, a crash) goes on in one, `_serve`, which is not the caller's: in neither
case does a caller that goes away stop the function. No store, queue or bus is touched here.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from typing import Any, Self

import msgspec

from lambent.context import Clock, Context, Ids
from lambent.invoke import calls, doorway, errors, host
from lambent.invoke.admission import Admission
from lambent.invoke.base import Credentials, EnvironmentInfo, InitFailure, InvokeRequest, Provisioned
from lambent.invoke.blueprint import Blueprints, CodeTree, LayerTree, Logs, Unseal, no_layers, nothing_sealed
from lambent.invoke.calls import Call
from lambent.invoke.debugging import Debugging
from lambent.invoke.ending import Ending
from lambent.invoke.environment import LiveEnvironment
from lambent.invoke.events import Memory
from lambent.invoke.fleet import STARTS_PER_CORE, Fleet
from lambent.invoke.pace import Pace
from lambent.invoke.room import ISOLATED, OpenSession, ServeEndpoint
from lambent.invoke.shared.crowd import Crowd, Plan
from lambent.invoke.shared.fleet import SharedFleet
from lambent.invoke.snapshots import Snapshots
from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.invoke.witness import Observers
from lambent.model.errors import ApiError, PlatformError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Invocation, InvocationResult, Load
from lambent.model.runtime import Runtime
from lambent.runtime_api.session import InvokeOutcome
from lambent.sandbox.base import Sandbox
from lambent.settings import Settings

CORES = os.cpu_count() or 1

DRAIN_SECONDS = 2.0
"""How long invocations that run may go on when the dispatcher is closed."""

KILL_SECONDS = 5.0
"""How long they may take to end then, once their environments are killed."""

ENVIRONMENTS_OF_TENANTS = 2.5
"""How many environments a function with tenants may have, for each invocation that may run at once."""

RESET_SECONDS = 1.0
"""How long the answer of a timeout or crash waits for the end of what ran, which takes milliseconds."""


class Dispatcher:
    """The real `base.Invoker`. Open it with `async with`, after the sandbox and the log store.

    `machine_time` is the clock that functions read too (`clock` may be moved by users): deadlines are told in it.
    `memory` reads the host's memory. `observers` hear of every invocation.
    """

    def __init__(
        self,
        *,
        sandbox: Sandbox,
        open_session: OpenSession,
        serve_endpoint: ServeEndpoint,
        runtime_for: Callable[[str], Runtime | None],
        code_tree: CodeTree,
        credentials: Callable[[FunctionVersion], Credentials],
        logs: Logs,
        clock: Clock,
        ids: Ids,
        settings: Settings,
        layer_tree: LayerTree = no_layers,
        unseal: Unseal = nothing_sealed,
        machine_time: Callable[[], float] = time.time,
        memory: Callable[[], host.Reading | None] = host.read_memory,
        observers: Observers | None = None,
    ) -> None:
        self.clock, self.ids = clock, ids
        self._machine_time = machine_time
        self._observers = observers or Observers()
        pace = Pace(settings.invocations_per_second, clock.monotonic) if settings.invocations_per_second else None
        self._admission = Admission(
            limit=settings.concurrency_limit, unreserved_minimum=settings.unreserved_minimum, pace=pace
        )
        self.debugging = Debugging()
        blueprints = Blueprints(
            debugging=self.debugging,
            runtime_for=runtime_for,
            code_tree=code_tree,
            layer_tree=layer_tree,
            unseal=unseal,
            credentials=credentials,
            logs=logs,
            clock=clock,
            ids=ids,
            old_log_lines=settings.old_log_lines,
            metadata_api="{}:{}".format(*doorway.ADDRESS) if sandbox.name == ISOLATED else None,
        )

        def read() -> Memory | None:
            return None if (now := memory()) is None else now.memory(settings.memory_reserve_mb)

        self._fleet = Fleet(
            sandbox=sandbox,
            open_session=open_session,
            serve_endpoint=serve_endpoint,
            blueprints=blueprints,
            clock=clock,
            ids=ids,
            settings=settings,
            machine_time=machine_time,
            cores=CORES,
            memory=read,
            observers=self._observers,
        )
        starts, idle, lifetime = STARTS_PER_CORE * CORES, settings.idle_seconds, settings.lifetime_seconds
        crowd = Crowd(starts=starts, idle_seconds=idle, lifetime_seconds=lifetime)
        self._shared = SharedFleet(crowd, self._fleet.parts, blueprints, read)
        self._loop = asyncio.get_running_loop()
        self._serving: set[asyncio.Task[None]] = set()
        self._at_once = 0
        """Invocations under way that have no task."""
        self._drained: asyncio.Event | None = None
        """Set once there are none; made when it matters."""
        self._due: list[LiveEnvironment] = []
        """Those whose bookkeeping is due."""
        self._provisioned: dict[tuple[str, str, str], dict[str, dict[str, int]]] = {}
        """By function (account, region, name), then by the ARN that it is for: how many of which version."""

    async def __aenter__(self) -> Self:
        await self._fleet.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Let running invocations end for `DRAIN_SECONDS`, then kill everything."""
        running: set[asyncio.Future[Any]] = {*self._serving}
        if self._at_once:
            self._drained = asyncio.Event()
            running.add(self._loop.create_task(self._drained.wait()))
        if running:
            await asyncio.wait(running, timeout=DRAIN_SECONDS)
        await self._shared.__aexit__(*exc)
        await self._fleet.__aexit__(*exc)
        if self._serving:
            _, left = await asyncio.wait(self._serving, timeout=KILL_SECONDS)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def invoke(self, ctx: Context, function: FunctionVersion, request: InvokeRequest) -> InvocationResult:
        """See `base.Invoker.invoke`."""
        try:
            if function.capacity is not None:
                return await self._shared.invoke(ctx, function, request)
            return await self._start(ctx, function, request, None).answer
        except ApiError as error:
            self._refused(function, request, error)
            raise

    async def invoke_stream(self, ctx: Context, function: FunctionVersion, request: InvokeRequest) -> StreamedAnswer:
        """See `base.Invoker.invoke_stream`."""
        try:
            if function.capacity is not None:
                return await self._shared.invoke_stream(ctx, function, request)
            stream = StreamedAnswer(function.version)
            self._start(ctx, function, request, stream)
            return await stream.begun()
        except ApiError as error:
            self._refused(function, request, error)
            raise

    def _refused(self, function: FunctionVersion, request: InvokeRequest, error: ApiError) -> None:
        if error.code == errors.THROTTLED:
            trace = request.trace_id if request.accepted is None else None
            self._observers.witness.throttled(function, request.invoked_arn, trace)

    def _start(
        self, ctx: Context, function: FunctionVersion, request: InvokeRequest, stream: StreamedAnswer | None
    ) -> Call:
        """Admit a call and serve it in a task of its own. Raises ApiError."""
        refusal = self._admission.admit(function)
        if refusal is not None:
            raise errors.throttled(refusal)
        call = Call(ctx.request_id, function, request, self._admission, stream)
        try:
            found = self._environment_for(call)
            if not isinstance(found, LiveEnvironment) or not self._run_at_once(call, found):
                self._own(self._serve(call, found))
        except Exception as error:
            call.fail(error)
        return call

    def retire(self, arn: str, keep: str | None) -> None:
        """See `base.Invoker.retire`."""
        self._fleet.retire(arn, keep)
        self._shared.retire(arn, keep)
        account, region, name, qualifier = _function_of(arn)
        if keep is None and qualifier is None:
            self._provisioned.pop((account, region, name), None)
            self._admission.forget(account, region, name)

    def reserve(self, function_arn: str, concurrency: int | None) -> None:
        """See `base.Invoker.reserve`."""
        account, region, name, _ = _function_of(function_arn)
        self._admission.reserve(account, region, name, concurrency)

    def provision(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> None:
        """See `base.Invoker.provision`."""
        account, region, name, _ = _function_of(arn)
        targets = dict(self._provisioned.get((account, region, name), {}))
        targets.pop(arn, None)
        if shares:
            targets[arn] = {version.arn: count for version, count in shares}
        total: Counter[str] = Counter()
        for target in targets.values():
            total.update(target)
        self._admission.provision(account, region, name, total)
        self._provisioned[account, region, name] = targets
        self._fleet.provision(arn, shares)
        self._observers.witness.provisioned(arn, shares)

    def provisioned(self, arn: str) -> Provisioned | None:
        """See `base.Invoker.provisioned`."""
        return self._fleet.provisioned(arn)

    @property
    def snapshots(self) -> Snapshots:
        """Those of functions under SnapStart."""
        return self._fleet.snapshots

    def loads(self) -> Iterator[Load]:
        """What ran at once since the last time that this was asked."""
        provisioned: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
        for (account, region, name), targets in self._provisioned.items():
            busiest = self._admission.busiest(account, region, name)
            for arn, versions in targets.items():
                state = self._fleet.provisioned(arn)
                if state is not None and state.available:
                    ran = sum(min(busiest.get(version, 0), count) for version, count in versions.items())
                    told = provisioned.setdefault((account, region), {})
                    told[arn] = min(ran, state.available), state.available
        for load in self._admission.loads():
            told = provisioned.get((load.account, load.region), {})
            yield msgspec.structs.replace(load, provisioned=told) if told else load

    def environments(self) -> list[EnvironmentInfo]:
        """See `base.Invoker.environments`."""
        return [*self._fleet.infos(), *self._shared.infos()]

    def plan(self, function: FunctionVersion, least: int, most: int, vcpus: float, target: float | None = None) -> None:
        """See `base.Invoker.plan`."""
        self._shared.plan(Plan(function, least, most, vcpus, target))

    async def launched(self, function: FunctionVersion) -> InitFailure | None:
        """See `base.Invoker.launched`."""
        return await self._shared.launched(function)

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    def _run_at_once(self, call: Call, environment: LiveEnvironment) -> bool:
        """Hand the invocation to a warm environment; False if that, or the answer, takes more than that."""
        if call.request.log_tail:
            return False
        invocation = self._invocation(call)
        self._at_once += 1
        try:
            if environment.run_at_once(invocation, partial(self._answered, call, environment, invocation)):
                return True
        except Exception:
            self._gone_at_once()
            self._fleet.lose(environment)
            raise
        self._gone_at_once()
        return False

    def _answered(
        self, call: Call, environment: LiveEnvironment, invocation: Invocation, outcome: InvokeOutcome
    ) -> None:
        """The end of an invocation that was handed over at once, unless its environment has to be seen to."""
        self._gone_at_once()
        try:
            ending = environment.settle_at_once(invocation.request_id, outcome)
            if ending is None:
                self._own(self._serve(call, environment, invocation, outcome))
                return
            call.succeed(calls.result(call.function, invocation, ending))
            self._fleet.free(environment)
            self._finish_soon(environment)
        except Exception as error:
            call.fail(error)
            self._fleet.lose(environment)

    def _gone_at_once(self) -> None:
        self._at_once -= 1
        if self._drained is not None and not self._at_once:
            self._drained.set()

    async def _serve(
        self,
        call: Call,
        found: LiveEnvironment | asyncio.Future[LiveEnvironment],
        invocation: Invocation | None = None,
        outcome: InvokeOutcome | None = None,
    ) -> None:
        """One admitted invocation, from its environment to its report. Never raises, but for cancellation.

        `outcome`: what has come of it already, when it was handed over at once.
        """
        environment: LiveEnvironment | None = None
        try:
            environment = found if isinstance(found, LiveEnvironment) else await found
            invocation = invocation or self._invocation(call)
            if outcome is None:
                ending = await environment.run(invocation, tail=call.request.log_tail, sink=call.stream)
            else:
                ending = await environment.ended(invocation.request_id, outcome, call.stream)
            if self._fleet.closing and not ending.answered:
                raise PlatformError("Lambent is shutting down")
            result = calls.result(call.function, invocation, ending)
            kept = await self._answer(call, environment, ending, result)
        except BaseException as error:
            call.fail(error)
            if environment is not None:
                self._fleet.lose(environment)
            if isinstance(error, Exception):
                return
            raise
        call.close()
        if kept:
            self._fleet.free(environment)
        else:
            self._fleet.lose(environment)
        self._finish_soon(environment)

    def _finish_soon(self, environment: LiveEnvironment) -> None:
        """Two turns of the loop: the caller renders the answer in the first, and its bytes leave with its end."""
        if not self._due:
            self._loop.call_soon(self._loop.call_soon, self._finish_due)
        self._due.append(environment)

    def _finish_due(self) -> None:
        due, self._due = self._due, []
        for environment in due:
            environment.finish()

    def _environment_for(self, call: Call) -> LiveEnvironment | asyncio.Future[LiveEnvironment]:
        function = call.function
        if not function.tenancy:
            return self._fleet.environment_for(function)
        most = int(self._admission.concurrency(function) * ENVIRONMENTS_OF_TENANTS)
        return self._fleet.environment_for(function, call.request.tenant_id or "", most)

    async def _answer(self, call: Call, environment: LiveEnvironment, ending: Ending, result: InvocationResult) -> bool:
        """Give the answer as early as it may be given; True if the environment can serve again."""
        if ending.answered and not call.request.log_tail:
            call.succeed(result, done=not environment.has_extensions)
            return await environment.settle(ending) or await environment.reset()
        resetting: asyncio.Task[bool] | None = None
        if not await environment.settle(ending):  # who hears of a timeout may rely on it that it runs no more
            quiet = asyncio.Event()
            resetting = self._fleet.own(environment.reset(quiet))
            await _first(resetting, quiet, RESET_SECONDS)
        environment.finish()
        if call.request.log_tail:
            result = msgspec.structs.replace(result, log_tail=environment.journal.output.take_tail())
        call.succeed(result)
        return resetting is None or await resetting

    def _invocation(self, call: Call) -> Invocation:
        now = self._machine_time()
        invocation = calls.invocation(call.request_id, call.function, call.request, now, self, self._observers.samples)
        if call.stream is not None:
            call.stream.trace_id = invocation.trace_id
        return invocation


async def _first(work: asyncio.Task[bool], event: asyncio.Event, seconds: float) -> None:
    """Wait for whatever comes first; the work goes on."""
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait({work, waiting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


def _function_of(arn: str) -> tuple[str, str, str, str | None]:
    """Account, region, name and qualifier of a function's ARN."""
    _, _, _, region, account, _, name, *qualifier = arn.split(":")
    return account, region, name, qualifier[0] if qualifier else None
