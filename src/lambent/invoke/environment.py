"""One execution environment of one function version: INIT, invocations, rest, resets, end.

It turns what happens into AWS's outcomes (answer, function error, exit, timeout) and into log lines.
Which request it serves is the pool's business; the dispatcher calls it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from lambent.context import Clock, Ids
from lambent.invoke import errors
from lambent.invoke.base import EnvironmentInfo
from lambent.invoke.blueprint import Blueprint
from lambent.invoke.deadline import Deadline
from lambent.invoke.ending import Ending
from lambent.invoke.lifecycle import Lifecycle, Move, State
from lambent.invoke.report import InitReport, measured
from lambent.invoke.rest import Rest
from lambent.invoke.room import OpenSession, Room, ServeEndpoint
from lambent.model.errors import PlatformError
from lambent.model.invocation import InitType, Invocation
from lambent.runtime_api.session import Failed, InitFailed, Initialized, InitOutcome, Responded
from lambent.sandbox.base import Sandbox, Usage

EXTENDED_INIT_SECONDS = 130.0
"""INIT of what is provisioned may take this, or the function's timeout if that is longer."""

GROWTH_SHARE = 4
"""A new memory peak is told if it is greater by one part in so many."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What all environments of a fleet are made with. `init_seconds` bounds INIT.

    `idle_exit` is called with the number of one whose runtime ended while it was free, `grew` when one has needed
    more memory than it had told before (number, bytes).
    """

    sandbox: Sandbox
    open_session: OpenSession
    serve_endpoint: ServeEndpoint
    clock: Clock
    ids: Ids
    init_seconds: float
    idle_exit: Callable[[int], None]
    grew: Callable[[int, int], None]


class LiveEnvironment:
    """See the module. Used by one task at a time; only `stop` may come from another.

    The order of calls: `launch`, `initialize`, then for each request `claim`, `run`, `settle`, `release` (or `reset`
    if it cannot go on), `finish`; at last `stop`, possibly early. `life` says where it is.
    """

    def __init__(self, number: int, parts: Parts, blueprint: Blueprint) -> None:
        self.number = number
        self.blueprint = blueprint
        self.function = blueprint.function
        self.output = blueprint.output
        self.life = Lifecycle(blueprint.spec.id)
        self.started_at = parts.clock.now()
        self.invocations = 0
        self.cold = 0
        self.init_seconds: float | None = None
        """How long the INIT took that the first report tells of; None after an INIT that failed."""
        self._parts = parts
        self._lines = blueprint.lines
        self._monotonic = parts.clock.monotonic
        self._rest = Rest(self.life, parts.clock.monotonic)
        self._room: Room | None = None
        self._usage = Usage(memory_peak=0, cpu_ns=0)
        self._told_peak = 0
        self._begun = 0.0
        self._seconds = 0.0
        self._deadline = Deadline(parts.clock.monotonic, self._expire)
        self._expired = False
        self._unfinished: Ending | None = None
        self._init_reported = blueprint.init_type is not InitType.ON_DEMAND
        """Provisioned: its INIT is no invocation's, and has its own line."""
        self._initialized = False

    @property
    def stopping(self) -> bool:
        """True once `stop` was called."""
        return self.life.state in (State.SHUTDOWN, State.DEAD)

    async def launch(self) -> None:
        """Make the sandbox. Raises PlatformError."""
        parts = self._parts
        self._room = await Room.open(parts.sandbox, self.blueprint.spec, parts.serve_endpoint)
        self.life.move(Move.LAUNCHED)

    async def initialize(self) -> None:
        """Run INIT. If the function fails in it, its first invocation repeats it, and tells. Raises PlatformError."""
        room = self._live_room
        self._say(self._lines.init_started(self._parts.clock.now()))
        begun = self._monotonic()
        failed = await self._init(room, "init", self._init_limit, "")
        if self.life.state is State.INIT:
            self.init_seconds = self._monotonic() - begun
            self.life.move(Move.INITIALIZED)
            self._rest.begin(room.environment)
        elif failed is None or self.life.state is not State.VACANT:
            raise PlatformError(f"environment {self.blueprint.spec.id} was lost in its INIT")

    def claim(self, *, cold: bool = False) -> None:
        """It is taken: no freezing from here on. Raises PlatformError unless it is free.

        `cold`: by a request that waited for its INIT.
        """
        self.life.move(Move.CLAIMED)
        if cold:
            self.cold += 1

    async def run(self, invocation: Invocation, *, tail: bool) -> Ending:
        """Hand over one invocation and wait for its answer, at most the function's timeout. Raises PlatformError.

        `tail` keeps the end of its log for `output.take_tail`.
        """
        self.finish()
        if tail:
            self.output.start_tail()
        self.invocations += 1
        if self._rest.frozen:
            await self._rest.end()
        self._begun = self._monotonic()
        request_id = invocation.request_id
        session = None if self._room is None else self._room.session
        failed = None if session is not None else await self._initialize_again(request_id)
        self._say(self._lines.started(self._parts.clock.now(), request_id))
        if failed is not None:
            return failed
        if session is None and (session := self._live_room.session) is None:
            raise PlatformError(f"environment {self.blueprint.spec.id} has no runtime")
        self._deadline.set(self._begun + self.function.timeout)
        outcome = await session.invoke(invocation)
        if isinstance(outcome, Responded):
            return Ending(request_id, outcome.payload)
        if isinstance(outcome, Failed):
            return Ending(request_id, outcome.error.payload, "failure", outcome.error.error_type)
        return await self._broken_off(Ending(request_id, b""))

    async def settle(self, ending: Ending) -> bool:
        """Wait until the runtime can take another request, which ends the measured duration. False if it cannot."""
        usable = False
        if ending.answered and self._room is not None and (session := self._room.session) is not None:
            usable = await session.idle() and not self._room.has_exited
            if usable:
                self._seconds = self._monotonic() - self._begun
            else:
                await self._broken_off(ending)
        self._deadline.clear()
        self._unfinished = ending
        return usable and not self.stopping

    def release(self) -> None:
        """It is free: after a few idle milliseconds it will be frozen. Raises PlatformError."""
        self.life.move(Move.FREED)
        self._rest.begin(self._live_room.environment)

    async def reset(self) -> bool:
        """End all that runs in it after a failure. Idempotent.

        True: it is free again, with its /tmp and its log, and its next invocation begins with an INIT. False: the
        sandbox has lost it, or it is being stopped.
        """
        if self.life.state is State.VACANT:
            return True
        if self.stopping or self._room is None:
            return False
        self.life.move(Move.BROKE)
        room = self._room
        kept = False
        try:
            await self._rest.end()
            kept = await room.clear()
        except PlatformError:
            pass
        if not kept:
            await self._leave()
        self.output.detach()
        if self.stopping or (not kept and room.can_be_cleared):
            return False
        self._expired = False
        self.life.move(Move.CLEARED)
        return True

    def finish(self) -> None:
        """The bookkeeping of the last invocation, if it is still due: its output, END, REPORT, a new memory peak."""
        ending = self._unfinished
        if ending is None:
            return
        self._unfinished = None
        self.output.drain()
        now = self._parts.clock.now()
        if ending.message is not None:
            old = self._lines.timed_out if ending.status == "timeout" else self._lines.exited
            self._say(old(now, ending.request_id, ending.message))
        if self._room is not None:
            self._usage = self._room.environment.usage()
            self._room.environment.reset_peak()
        report = measured(
            ending.request_id,
            seconds=self._seconds,
            init_seconds=None if self._init_reported else self.init_seconds,
            memory_mb=self.function.memory_mb,
            peak_bytes=self._usage.memory_peak,
            status=ending.status,
            error_type=ending.error_type,
        )
        self._init_reported = True
        self._say(self._lines.ended(now, report))
        if self._usage.memory_peak > self._told_peak:
            self._tell_growth(self._usage.memory_peak)

    def usage(self) -> Usage:
        """Memory and processor time now."""
        return self._usage if self._room is None else self._room.environment.usage()

    def info(self) -> EnvironmentInfo:
        """It, as it is now; memory and processor time as of its last invocation unless one runs."""
        function, blueprint, state = self.function, self.blueprint, self.life.state
        usage = self.usage() if state in (State.INIT, State.INVOKE) else self._usage
        return EnvironmentInfo(
            id=blueprint.spec.id,
            function_arn=function.arn,
            revision_id=function.revision_id,
            runtime=blueprint.spec.runtime.name,
            init_type=blueprint.init_type.value,
            state=state.value,
            log_group=function.logging.log_group,
            log_stream=blueprint.log_stream,
            started_at=self.started_at,
            invocations=self.invocations,
            init_ms=None if self.init_seconds is None else self.init_seconds * 1000,
            memory_mb=function.memory_mb,
            memory_bytes=usage.memory_peak,
            cpu_seconds=usage.cpu_ns / 1e9,
            cold=self.cold,
            warm=self.invocations - self.cold,
        )

    async def stop(self) -> None:
        """Kill it and free what it held; due bookkeeping is done. Idempotent, never raises."""
        if self.stopping:
            return
        self.life.move(Move.STOPPED)
        self._deadline.cancel()
        await self._rest.cancel()
        await self._leave()
        self.finish()
        self.life.move(Move.ENDED)

    @property
    def _init_limit(self) -> float:
        """Seconds that INIT may take."""
        if self.blueprint.init_type is InitType.ON_DEMAND:
            return self._parts.init_seconds
        return max(EXTENDED_INIT_SECONDS, float(self.function.timeout))

    @property
    def _live_room(self) -> Room:
        if self._room is None:
            raise PlatformError(f"environment {self.blueprint.spec.id} is gone")
        return self._room

    async def _init(self, room: Room, phase: str, limit: float, request_id: str) -> Ending | None:
        """Start the runtime and wait for its first `next`; on failure it is reset, and the ending tells why."""
        outcome: InitOutcome | None = None
        begun = self._monotonic()
        try:
            async with asyncio.timeout(limit) as timer:
                session = await room.start_runtime(self._parts.open_session, self.output, self._exited)
                if phase == "invoke":  # full speed is for the first INIT alone
                    room.environment.limit_cpu()
                outcome = await session.initialized()
        except TimeoutError as error:
            if not timer.expired():
                raise PlatformError("the runtime could not be started in time") from error
        seconds = self._monotonic() - begun
        room.environment.limit_cpu()
        if isinstance(outcome, Initialized):
            self._initialized = True
            self.output.drain()
            self._say(self._lines.init_ended(self._parts.clock.now(), InitReport(seconds * 1000, phase, "success")))
            return None
        ending = Ending(request_id, b"")
        if outcome is None:
            ending.fail("timeout", errors.timed_out(request_id, limit))
        elif isinstance(outcome, InitFailed):
            ending.fail("error", outcome.error)
        else:
            ending.fail("error", errors.exited(request_id, await room.exit_status()))
        await self.reset()
        error_type = ending.error_type if ending.status == "error" else None
        report = InitReport(seconds * 1000, phase, ending.status, error_type)
        self._say(self._lines.init_ended(self._parts.clock.now(), report))
        return ending

    async def _initialize_again(self, request_id: str) -> Ending | None:
        """The INIT after a reset: inside an invocation, under its timeout, and reported only if it fails."""
        self.cold += 1
        if self._initialized:
            self._say(self._lines.init_started(self._parts.clock.now()))
        room = self._room or await self._another_room()
        left = max(0.0, self.function.timeout - (self._monotonic() - self._begun))
        ending = await self._init(room, "invoke", left, request_id)
        if ending is not None:
            self._seconds = self._monotonic() - self._begun
            if ending.status == "timeout":
                self._time_out(ending)
        return ending

    async def _another_room(self) -> Room:
        """For a sandbox that cannot clear an environment: one more, with the same variables and log."""
        spec = replace(self.blueprint.spec, id=self._parts.ids.hex(32))
        self._room = await Room.open(self._parts.sandbox, spec, self._parts.serve_endpoint)
        return self._room

    async def _broken_off(self, ending: Ending) -> Ending:
        """The runtime went away: because its time was over, or of itself."""
        self._seconds = self._monotonic() - self._begun
        if self._expired:
            self._time_out(ending)
        else:
            status = await self._live_room.exit_status()
            error = errors.exited(ending.request_id, status)
            ending.fail("error", error, errors.exit_message(status))
        return ending

    def _time_out(self, ending: Ending) -> None:
        timeout = self.function.timeout
        self._seconds = timeout
        ending.fail("timeout", errors.timed_out(ending.request_id, timeout), errors.timeout_message(timeout))

    def _tell_growth(self, peak: int) -> None:
        """More than it had needed before by a step that is worth an event."""
        self._told_peak = peak + peak // GROWTH_SHARE
        self._parts.grew(self.number, peak)

    def _expire(self) -> None:
        self._expired = True
        if self._room is not None and self._room.session is not None:
            self._room.session.close()

    def _exited(self) -> None:
        if self.life.state in (State.IDLE, State.FROZEN):
            self._parts.idle_exit(self.number)

    async def _leave(self) -> None:
        """End the room and read its last output."""
        room, self._room = self._room, None
        if room is not None:
            self._usage = room.environment.usage()
            await room.close()
            self.output.detach()

    def _say(self, events: list[str]) -> None:
        self.output.write(events)
