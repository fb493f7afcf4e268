"""The environments of this machine: what the pool decides, done. It tells the pool what happens, and when time passes.

It knows no invocation: whoever asks gets a claimed environment, and says when it is free again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, Self, TypeVar

from lambent.context import Clock, Ids
from lambent.invoke import errors
from lambent.invoke.base import EnvironmentInfo, Provisioned
from lambent.invoke.blueprint import Blueprint, Blueprints
from lambent.invoke.environment import LiveEnvironment
from lambent.invoke.events import (
    Action,
    Arrived,
    Assign,
    Closed,
    Freed,
    Grew,
    Kill,
    Lost,
    Memory,
    Provision,
    Ready,
    Refuse,
    Retired,
    Start,
    StartFailed,
    Throttle,
    Tick,
    Wake,
    Withdrawn,
    Woken,
    Yielded,
)
from lambent.invoke.lifecycle import State
from lambent.invoke.pool import Pool
from lambent.invoke.room import OpenSession, Parts, ServeEndpoint
from lambent.invoke.snapshots import Snapshots
from lambent.invoke.streaming import StreamRules
from lambent.invoke.template import Outcome, make
from lambent.invoke.turns import Rate
from lambent.invoke.witness import Observers
from lambent.model.errors import PlatformError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import InitType
from lambent.sandbox.base import Sandbox
from lambent.settings import Settings

KILL_SECONDS = 5.0
"""How long killing all environments may take at the end; the sandbox ends what is left."""

WATCH_SECONDS = 1.0
FRESH_SECONDS = 0.05
"""How often the host's memory is looked at; between, it is when an environment comes or goes."""

LOOK_SECONDS = 0.05
COMPUTING_SHARE = 0.2
"""An INIT that took less of a processor than this, when looked at so often, waits for something else."""

STARTS_PER_CORE = 2
_REAP_SHARE = 20
_REAP_SECONDS = (0.05, 30.0)
_T = TypeVar("_T")


class Fleet:
    """See the module. Open it with `async with`. `memory` reads the host's, None where that cannot be known.

    `parts` is what its environments are made with.
    """

    def __init__(
        self,
        *,
        sandbox: Sandbox,
        open_session: OpenSession,
        serve_endpoint: ServeEndpoint,
        blueprints: Blueprints,
        clock: Clock,
        ids: Ids,
        settings: Settings,
        machine_time: Callable[[], float],
        cores: int,
        memory: Callable[[], Memory | None],
        observers: Observers,
    ) -> None:
        self._clock = clock
        self._blueprints = blueprints
        self._memory = memory
        self._reap_seconds = min(max(settings.idle_seconds / _REAP_SHARE, _REAP_SECONDS[0]), _REAP_SECONDS[1])
        self._pool = Pool(
            starts=STARTS_PER_CORE * cores,
            idle_seconds=settings.idle_seconds,
            lifetime_seconds=settings.lifetime_seconds,
            scaling=Rate(settings.scaling_environments, settings.scaling_seconds),
            allocation=_per_minute(settings.provisioned_per_minute),
        )
        self.parts = Parts(
            sandbox=sandbox,
            open_session=open_session,
            serve_endpoint=serve_endpoint,
            clock=clock,
            ids=ids,
            machine_time=machine_time,
            init_seconds=settings.init_seconds,
            idle_exit=self._idle_exit,
            grew=self._grew,
            streams=StreamRules.of(settings),
            observers=observers,
        )
        self.snapshots = Snapshots(self._capture, observers.ledger, latest=settings.snapstart_latest)
        self._environments: dict[int, LiveEnvironment] = {}
        self._waiting: dict[int, asyncio.Future[LiveEnvironment]] = {}
        self._last_ticket = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._watches: list[asyncio.Task[None]] = []
        self._alarm: asyncio.TimerHandle | None = None
        self._memory_read_at = 0.0
        self._closing = False

    async def __aenter__(self) -> Self:
        self._watches = [self.own(self._reap()), self.own(self._watch_memory())]
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Kill everything."""
        self.close()
        await self.snapshots.close()
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=KILL_SECONDS)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    @property
    def closing(self) -> bool:
        """True once `close` was called."""
        return self._closing

    def close(self) -> None:
        """Refuse what waits and what comes, and begin to kill the rest. Idempotent."""
        self._closing = True
        for watch in self._watches:
            watch.cancel()
        if self._alarm is not None:
            self._alarm.cancel()
        self._carry_out(self._pool.handle(Closed(PlatformError("Lambent is shutting down"))))

    def environment_for(
        self, function: FunctionVersion, tenant: str | None = None, most: int | None = None
    ) -> LiveEnvironment | asyncio.Future[LiveEnvironment]:
        """A claimed environment if one is warm, else a promise, which may fail: with ApiError (throttled), or with what
        a start raises. Raises PlatformError.

        `tenant` and `most` as in `events.Arrived`. It must be given back: to `free` or to `lose`.
        """
        self._last_ticket += 1
        ticket = self._last_ticket
        actions = self._pool.handle(Arrived(ticket, function, self._clock.now(), tenant, most))
        if len(actions) == 1 and isinstance(action := actions[0], Assign) and action.ticket == ticket:
            return self._claimed(action)
        found: asyncio.Future[LiveEnvironment] = asyncio.get_running_loop().create_future()
        self._waiting[ticket] = found
        self._carry_out(actions)
        return found

    def free(self, environment: LiveEnvironment) -> None:
        """It can serve again."""
        if environment.life.state is State.INVOKE:
            environment.release()
        self._carry_out(self._pool.handle(Freed(environment.number, self._clock.now())))

    def lose(self, environment: LiveEnvironment) -> None:
        """It cannot serve again and is killed."""
        self._carry_out(self._pool.handle(Lost(environment.number)))

    def retire(self, arn: str, keep: str | None) -> None:
        """See `base.Invoker.retire`."""
        self._carry_out(self._pool.handle(Retired(arn, keep)))
        self.snapshots.retire(arn, keep)

    def provision(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> None:
        """See `base.Invoker.provision`."""
        self._carry_out(self._pool.handle(Provision(arn, tuple(shares), self._clock.now())))

    def provisioned(self, arn: str) -> Provisioned | None:
        """See `base.Invoker.provisioned`."""
        return self._pool.provisioned(arn)

    def infos(self) -> list[EnvironmentInfo]:
        """See `base.Invoker.environments`."""
        return [environment.info() for environment in self._environments.values()]

    def own(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Run `work` as a task that is kept, and waited for at the end."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _carry_out(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Assign():
                    self._assign(self._waiting.pop(action.ticket), action)
                case Start():
                    self.own(self._start(action))
                case Kill():
                    if (doomed := self._environments.pop(action.environment, None)) is not None:
                        self.own(self._kill(doomed))
                case Refuse():
                    self._waiting.pop(action.ticket).set_exception(action.error)
                case Throttle():
                    self._waiting.pop(action.ticket).set_exception(errors.throttled(action.refusal))
                case Wake():
                    self._alarm = asyncio.get_running_loop().call_later(action.seconds, self._wake)

    def _assign(self, found: asyncio.Future[LiveEnvironment], action: Assign) -> None:
        try:
            found.set_result(self._claimed(action))
        except PlatformError as error:
            found.set_exception(error)

    def _claimed(self, action: Assign) -> LiveEnvironment:
        environment = self._environments[action.environment]
        try:
            environment.claim(cold=action.cold)
        except PlatformError:
            self.lose(environment)
            raise
        return environment

    async def _start(self, action: Start) -> None:
        """Make an environment and run its INIT, telling the pool."""
        number = action.environment
        try:
            blueprint = await self._draw(action)
            try:
                environment = await self._initialized(number, blueprint)
            except PlatformError as error:
                if not blueprint.restores:
                    raise
                self.snapshots.give_up(action.function, str(error))
                environment = await self._initialized(number, await self._draw(action))
        except Exception as error:
            self._carry_out(self._pool.handle(StartFailed(number, error)))
        else:
            failed = environment.init_seconds is None
            self._carry_out(self._pool.handle(Ready(number, self._clock.now(), failed)))

    async def _initialized(self, number: int, blueprint: Blueprint) -> LiveEnvironment:
        """A new environment after its INIT. Raises PlatformError and ApiError, leaving nothing."""
        environment = LiveEnvironment(number, self.parts, blueprint)
        try:
            await environment.launch()
            if self._closing:
                raise PlatformError("Lambent is shutting down")
            self._environments[number] = environment
            asyncio.get_running_loop().call_soon(self._look_at_memory)  # while the environment does its part
            with self._watching(environment):
                await environment.initialize()
        except Exception:
            self._environments.pop(number, None)
            await environment.stop()
            raise
        return environment

    async def _draw(self, action: Start) -> Blueprint:
        """What the environment is to be; a snapshot is made first where it shall continue from one."""
        function = action.function
        if action.provisioned:
            return await self._blueprints.draw(function, InitType.PROVISIONED)
        if not self.snapshots.applies(function):
            return await self._blueprints.draw(function, InitType.ON_DEMAND, action.tenant)
        snapshot = await self.snapshots.obtain(function)
        return await self._blueprints.draw(function, InitType.SNAP_START, snapshot=snapshot)

    async def _capture(self, function: FunctionVersion) -> Outcome:
        return await make(self.parts, await self._blueprints.draw(function, InitType.SNAP_START, is_template=True))

    @contextlib.contextmanager
    def _watching(self, environment: LiveEnvironment) -> Iterator[None]:
        """Tell the pool when an INIT rather waits than computes: others may start meanwhile."""
        loop = asyncio.get_running_loop()
        timers: list[asyncio.TimerHandle] = []

        def look(before: int) -> None:
            now = environment.usage().cpu_ns
            if now - before < LOOK_SECONDS * COMPUTING_SHARE * 1e9:
                self._carry_out(self._pool.handle(Yielded(environment.number)))
            else:
                timers[:] = [loop.call_later(LOOK_SECONDS, look, now)]

        timers.append(loop.call_later(LOOK_SECONDS, look, 0))
        try:
            yield
        finally:
            timers[0].cancel()

    async def _kill(self, environment: LiveEnvironment) -> None:
        await environment.stop()
        self._read_memory()

    def _idle_exit(self, number: int) -> None:
        if (environment := self._environments.get(number)) is not None:
            self._carry_out(self._pool.handle(Withdrawn(number)))
            self.own(self._revive(environment))

    async def _revive(self, environment: LiveEnvironment) -> None:
        """Reset an environment whose runtime ended while it was idle."""
        if await environment.reset():
            self.free(environment)
        else:
            self.lose(environment)

    def _wake(self) -> None:
        self._carry_out(self._pool.handle(Woken(self._clock.now())))

    def _grew(self, number: int, size: int) -> None:
        self._carry_out(self._pool.handle(Grew(number, size)))

    def _look_at_memory(self) -> None:
        """In a burst a reading serves many starts: what was promised since is known."""
        if asyncio.get_running_loop().time() - self._memory_read_at >= FRESH_SECONDS:
            self._read_memory()

    def _read_memory(self) -> None:
        self._memory_read_at = asyncio.get_running_loop().time()
        if (memory := self._memory()) is not None:
            if memory.available < memory.reserve:
                self.snapshots.relieve()
            self._carry_out(self._pool.handle(memory))

    async def _reap(self) -> None:
        while True:
            await self._clock.sleep(self._reap_seconds)
            self._carry_out(self._pool.handle(Tick(self._clock.now())))

    async def _watch_memory(self) -> None:
        while True:
            self._read_memory()
            await asyncio.sleep(WATCH_SECONDS)


def _per_minute(count: float) -> Rate:
    """The rate of provisioned environments; what a second gives may come at once."""
    most = max(1.0, count / 60)
    return Rate(most, most * 60 / count)
