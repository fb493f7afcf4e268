"""One execution environment that runs several invocations at once: INIT, invocations, end.

It is never frozen and never reset: a runtime that ends, or an extension that fails, ends the environment. A timeout is
the invocation's alone: who waits is told, the worker goes on, and counts as busy until it answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from lambent.invoke import outcomes
from lambent.invoke.base import EnvironmentInfo
from lambent.invoke.blueprint import Blueprint
from lambent.invoke.crew import Crew
from lambent.invoke.ending import Ending
from lambent.invoke.initializing import EXTENDED_INIT_SECONDS, initialize
from lambent.invoke.lifecycle import State
from lambent.invoke.meter import Meter
from lambent.invoke.room import Parts, Room
from lambent.invoke.streaming import Courier, Sink
from lambent.invoke.trace import ACTIVE, SAMPLED
from lambent.model.errors import PlatformError
from lambent.model.invocation import Ended, Invocation
from lambent.runtime_api.extensions import ShutdownReason
from lambent.runtime_api.session import Disconnected, WholeOutcome


class InitBroken(Exception):
    """INIT came to nothing, which is the function's doing: `ending` is what a request that waited for it gets."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.error_type)
        self.ending = ending


class SharedEnvironment:
    """See the module. `launch`, `initialize`, then `run` as often and as much at once as its function allows, `stop`.

    `hung` is called when an invocation goes on for which nobody waits any more, `answered` when one is over (and
    whether it was hung), `broken` when the environment cannot be used any more.
    """

    def __init__(
        self,
        number: int,
        parts: Parts,
        blueprint: Blueprint,
        hung: Callable[[int], None],
        answered: Callable[[int, bool], None],
        broken: Callable[[int], None],
    ) -> None:
        self.number = number
        self.blueprint = blueprint
        self.function = blueprint.function
        self.state = State.STARTING
        self.started_at = parts.clock.now()
        self.invocations = 0
        self.cold = 0
        self.init_seconds: float | None = None
        self._parts = parts
        self._journal = blueprint.journal
        self._monotonic = parts.clock.monotonic
        self._hung = hung
        self._answered = answered
        self._broken = broken
        self._meter = Meter(blueprint.function.memory_mb, lambda peak: parts.grew(number, peak))
        self._room: Room | None = None
        self._crew: Crew | None = None
        self._running = 0
        self._cpu_ns = 0
        self._traces = False

    async def launch(self) -> None:
        """Make the sandbox. Raises PlatformError."""
        parts, spec = self._parts, self.blueprint.spec
        self._traces = self.function.tracing == ACTIVE
        traced = (self.function, parts.observers) if self._traces else None
        self._room = await Room.open(parts.sandbox, spec, parts.serve_endpoint, traced=traced)

    async def initialize(self) -> None:
        """Run INIT, which is over when the first worker asks for an event. Raises InitBroken, PlatformError."""
        room = self._room
        if room is None:
            raise PlatformError(f"environment {self.blueprint.spec.id} is gone")
        self.state = State.INIT
        crew = self._crew = Crew(room.environment, self.blueprint, self._parts, self._cut_off, self._cut_off)
        limit = max(EXTENDED_INIT_SECONDS, float(self.function.timeout))

        def over() -> None:
            room.environment.set_cpu(self.function.vcpus)

        done = await initialize(crew, self._journal, limit, self._monotonic, over=over)
        self._journal.init_ended(done.report)
        if done.ending is not None:
            raise InitBroken(done.ending)
        self.init_seconds = done.seconds
        self.state = State.IDLE

    async def run(self, invocation: Invocation, sink: Sink | None = None) -> tuple[Ending, float]:
        """One invocation among others: how it ended, and after how many seconds. Raises PlatformError.

        `sink` gets an answer that comes in pieces. `finish` is to follow.
        """
        crew = self._crew
        if crew is None or crew.session is None:
            self._answered(self.number, False)
            raise PlatformError(f"environment {self.blueprint.spec.id} has no runtime")
        if not self._traces and self._room is not None and SAMPLED in (invocation.trace_id or ""):
            await self._trace(self._room)
        self.invocations += 1
        self._count(1)
        self._journal.started(invocation)
        begun, request_id = self._monotonic(), invocation.request_id
        courier = Courier(self._parts.streams, self._parts.clock)
        answer = asyncio.ensure_future(courier.fetch(crew.session, invocation, sink))
        answer.add_done_callback(partial(self._worker_free, late := asyncio.Event()))
        done, _ = await asyncio.wait({answer}, timeout=self.function.timeout)
        if not done:
            late.set()
            self._hung(self.number)
            ending = Ending(request_id, b"")
            outcomes.time_out(ending, self.function.timeout)
            return ending, float(self.function.timeout)
        outcome = answer.result()
        ending = outcomes.of_answer(request_id, outcome)
        ending.streamed = courier.size
        if isinstance(outcome, Disconnected):
            failure = crew.failure
            outcomes.break_off(ending, failure, None if failure else await crew.exit_status(), crew.fatal)
        return ending, self._monotonic() - begun

    async def _trace(self, room: Room) -> None:
        """From now on segments that the function sends are taken. Raises PlatformError."""
        self._traces = True
        await room.trace(self.function, self._parts.observers)

    def finish(self, invocation: Invocation, ending: Ending, seconds: float) -> None:
        """The bookkeeping of one invocation: what was written so far, and its report."""
        self._journal.output.drain()
        environment = None if self._room is None else self._room.environment
        self._journal.runtime_done(invocation, ending, seconds)
        report = self._meter.report(ending, seconds, environment, invocation)
        self._journal.ended(ending, report)
        begun = self._parts.clock.now() - seconds
        self._parts.observers.witness.ended(
            Ended(
                self.function,
                invocation,
                report,
                self.blueprint.init_type,
                begun,
                ending.streamed or 0,
                cause=ending.cause,
            )
        )

    def busy(self, seconds: float) -> float:
        """How busy its processors were since this was asked last, `seconds` ago, in percent of what it may use."""
        if self._room is None or self.init_seconds is None:
            return 0.0
        before, self._cpu_ns = self._cpu_ns, self._meter.read(self._room.environment).cpu_ns
        return (self._cpu_ns - before) / 1e9 / seconds / self.function.vcpus * 100 if before else 0.0

    def info(self) -> EnvironmentInfo:
        """It, as it is now."""
        usage = self._meter.usage if self._room is None else self._meter.read(self._room.environment)
        return self.blueprint.info(
            self.state.value,
            started_at=self.started_at,
            init_seconds=self.init_seconds,
            invocations=self.invocations,
            cold=self.cold,
            memory_bytes=usage.memory_peak,
            cpu_seconds=usage.cpu_ns / 1e9,
        )

    async def stop(self) -> None:
        """End it, in order if there are extensions. Idempotent, never raises."""
        if self.state in (State.SHUTDOWN, State.DEAD):
            return
        self.state = State.SHUTDOWN
        crew, room = self._crew, self._room
        if crew is not None and crew.shutdown_seconds:
            await crew.shut_down(ShutdownReason.SPINDOWN)
        if crew is not None:
            crew.hang_up()
        self._room = None
        await asyncio.gather(*(work for work in (room and room.close(), crew and crew.close()) if work))
        self._journal.output.detach()
        self.state = State.DEAD

    def _count(self, change: int) -> None:
        self._running += change
        if self.state in (State.IDLE, State.INVOKE):
            self.state = State.INVOKE if self._running else State.IDLE

    def _worker_free(self, late: asyncio.Event, answer: asyncio.Future[WholeOutcome]) -> None:
        if not answer.cancelled():
            answer.exception()  # it is told by `run`, unless nobody waits any more
        self._count(-1)
        self._answered(self.number, late.is_set())

    def _cut_off(self) -> None:
        """The runtime has ended, or an extension has: who waits is told, and nobody comes any more."""
        if self._crew is not None and self._crew.session is not None:
            self._crew.session.close()
        if self.state in (State.IDLE, State.INVOKE):
            self._broken(self.number)
