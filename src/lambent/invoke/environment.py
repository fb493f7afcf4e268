"""One execution environment of one function version: INIT, invocations, rest, resets, end.

It turns what happens into AWS's outcomes (answer, function error, exit, timeout) and has it told. Which request it
serves is the pool's business; the dispatcher calls it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from lambent.invoke import outcomes, spans
from lambent.invoke.account import Account
from lambent.invoke.base import EnvironmentInfo
from lambent.invoke.blueprint import Blueprint
from lambent.invoke.crew import Crew
from lambent.invoke.deadline import Deadline
from lambent.invoke.ending import Ending
from lambent.invoke.initializing import EXTENDED_INIT_SECONDS, initialize
from lambent.invoke.lifecycle import Lifecycle, Move, State
from lambent.invoke.meter import Meter
from lambent.invoke.quarters import Quarters
from lambent.invoke.rest import Rest
from lambent.invoke.restoring import restore
from lambent.invoke.room import Parts, Room
from lambent.invoke.streaming import Courier, Sink
from lambent.invoke.trace import SAMPLED
from lambent.model.errors import PlatformError
from lambent.model.invocation import InitType, Invocation
from lambent.runtime_api.answer_stream import AnswerStream
from lambent.runtime_api.extensions import ShutdownReason
from lambent.runtime_api.session import Disconnected, InvokeOutcome
from lambent.sandbox.base import Usage


class LiveEnvironment:
    """See the module. Used by one task at a time; only `stop` may come from another.

    The order of calls: `launch`, `initialize`, then for each request `claim`, `run`, `settle`, `release` (or `reset`
    if it cannot go on), `finish`; at last `stop`, possibly early. `life` says where it is. Where there is nothing to
    wait for but the answer, `run_at_once` and `settle_at_once` do the same without a task.
    """

    def __init__(self, number: int, parts: Parts, blueprint: Blueprint) -> None:
        self.number = number
        self.blueprint = blueprint
        self.function = blueprint.function
        self.journal = blueprint.journal
        self.life = Lifecycle(blueprint.spec.id)
        self.started_at = parts.clock.now()
        self.invocations = 0
        self.cold = 0
        self.init_seconds: float | None = None
        """How long the first INIT took; None if it failed."""
        self._parts = parts
        self._monotonic = parts.clock.monotonic
        self._rest = Rest(self.life, parts.curfew)
        self._meter = Meter(blueprint.function.memory_mb, lambda peak: parts.grew(number, peak))
        self._account = Account(blueprint, parts, self._meter)
        self._quarters = Quarters(blueprint, parts, self._meter)
        self._crew: Crew | None = None
        self._asked: Crew | None = None
        self._courier = Courier(parts.streams, parts.clock)
        self._deadline = Deadline(parts.clock.monotonic, self._expire)
        self._expired = False
        self._broken = False
        self._cut: asyncio.Future[None] | None = None
        self._initialized = False
        self._restored = False

    @property
    def stopping(self) -> bool:
        """True once `stop` was called."""
        return self.life.state in (State.SHUTDOWN, State.DEAD)

    @property
    def has_extensions(self) -> bool:
        """True if extensions take part in its invocations, which may then last beyond the answer."""
        return self._crew is not None and self._crew.active

    async def launch(self) -> None:
        """Make the sandbox. Raises PlatformError."""
        await self._quarters.open()
        self.life.move(Move.LAUNCHED)

    async def initialize(self) -> None:
        """Run INIT, or RESTORE. If the function fails in INIT, its first invocation repeats it, and tells.

        Raises PlatformError, and ApiError if it cannot be restored.
        """
        begun = self._monotonic()
        failed = await self._init(self._quarters.live, "init", self._init_limit, "", logged=True)
        if self.life.state is State.INIT and self._crew is not None:
            self.init_seconds = self._monotonic() - begun
            # What is provisioned is no invocation's, and what was restored has figures of its own.
            if self.blueprint.init_type is not InitType.PROVISIONED and not self._restored:
                self._meter.bill_init(self.init_seconds)
            self.life.move(Move.INITIALIZED)
            self._begin_rest(self._crew)
        elif failed is None or self.life.state is not State.VACANT:
            raise PlatformError(f"environment {self.blueprint.spec.id} was lost in its INIT")

    def claim(self, *, cold: bool = False) -> None:
        """It is taken: no freezing from here on. Raises PlatformError unless it is free.

        `cold`: by a request that waited for its INIT.
        """
        self.life.move(Move.CLAIMED)
        if cold:
            self.cold += 1

    async def run(self, invocation: Invocation, *, tail: bool, sink: Sink | None = None) -> Ending:
        """Hand over one invocation and wait for its answer, at most the function's timeout. Raises PlatformError.

        `tail` keeps the end of its log for `journal.output.take_tail`. `sink` gets an answer that comes in pieces; what
        it has got is not in the ending.
        """
        self.finish()
        if tail:
            self.journal.output.start_tail()
        self.invocations += 1
        if self._rest.frozen:
            await self._rest.end()
        if not self._quarters.traces and SAMPLED in (invocation.trace_id or ""):
            await self._quarters.trace()
        self._account.begin(invocation, self._quarters.environment)
        request_id = invocation.request_id
        failed = None if self._crew is not None else await self._initialize_again(request_id)
        self.journal.started(invocation)
        if failed is not None:
            return failed
        crew = self._crew
        if crew is None or crew.session is None:
            raise PlatformError(f"environment {self.blueprint.spec.id} has no runtime")
        self._deadline.set(self._account.begun + self.function.timeout)
        if crew.active:
            crew.tell(invocation)
        return await self._ended(crew, request_id, await crew.session.invoke(invocation), sink)

    def run_at_once(self, invocation: Invocation, answered: Callable[[InvokeOutcome], None]) -> bool:
        """Hand over one invocation to a runtime that is awake, prompt, and alone. False if it is not: nothing was done.

        `answered` is told what comes of it; `settle_at_once` is next, or `ended` if that cannot. Raises PlatformError.
        """
        crew = self._crew
        if crew is None or crew.prompt is None or crew.active or self._rest.frozen:
            return False
        if not self._quarters.traces and SAMPLED in (invocation.trace_id or ""):
            return False
        self.finish()
        self.invocations += 1
        self._account.begin(invocation, self._quarters.environment)
        self.journal.started(invocation)
        self._deadline.set(self._account.begun + self.function.timeout)
        self._asked = crew
        crew.prompt.hand_over(invocation, answered)
        return True

    def settle_at_once(self, request_id: str, outcome: InvokeOutcome) -> Ending | None:
        """How the invocation ended, if the runtime has answered and can take another; None if it is not so simple."""
        crew = self._asked
        if crew is None or crew.prompt is None or not crew.prompt.waits or crew.has_exited or self.stopping:
            return None
        if isinstance(
            outcome, AnswerStream | Disconnected
        ):  # while the one lasts, nothing waits; the other is no answer
            return None
        self._account.measure()
        self._deadline.clear()
        ending = outcomes.of_answer(request_id, outcome)
        self._account.close(ending)
        return ending

    async def ended(self, request_id: str, outcome: InvokeOutcome, sink: Sink | None = None) -> Ending:
        """What `run` returns, of an invocation that was handed over at once."""
        if self._asked is None:
            raise PlatformError(f"environment {self.blueprint.spec.id} has no runtime")
        return await self._ended(self._asked, request_id, outcome, sink)

    async def _ended(self, crew: Crew, request_id: str, outcome: InvokeOutcome, sink: Sink | None) -> Ending:
        outcome = await self._courier.deliver(outcome, sink)
        ending = outcomes.of_answer(request_id, outcome)
        ending.streamed = self._courier.size
        if isinstance(outcome, Disconnected):
            await self._break_off(crew, ending)
        return ending

    async def settle(self, ending: Ending) -> bool:
        """Wait until it can take another request, which ends the measured duration. False if it cannot."""
        usable, told, overhead = False, False, 0.0
        crew = self._crew
        if ending.answered and crew is not None and crew.session is not None:
            answered = self._monotonic()
            await self._courier.drain()
            usable = await crew.session.idle() and not crew.has_exited
            if usable:
                self._account.measure()
                if told := crew.active:
                    usable = await self._settle_extensions(crew, ending, answered)
            if not usable:
                await self._break_off(crew, ending, told=told)
            overhead = self._monotonic() - answered
        self._deadline.clear()
        self._account.close(ending, overhead=overhead)
        return usable and not self.stopping

    def release(self) -> None:
        """It is free: after a few idle milliseconds it will be frozen. Raises PlatformError."""
        self.life.move(Move.FREED)
        if self._crew is not None:
            self._begin_rest(self._crew)

    async def reset(self, quiet: asyncio.Event | None = None) -> bool:
        """End all that runs in it after a failure. Idempotent.

        True: it is free again, with its /tmp and its log, and its next invocation begins with an INIT. False: the
        sandbox has lost it, or it is being stopped. `quiet` is set as soon as the function runs no more; its extensions
        may take longer to end.
        """
        if self.life.state is State.VACANT:
            return True
        room = self._quarters.room
        if self.stopping or room is None:
            return False
        self.life.move(Move.BROKE)
        kept = False
        try:
            await self._rest.end()
            if self._crew is not None:
                await self._crew.dismiss(ShutdownReason.TIMEOUT if self._expired else ShutdownReason.FAILURE, quiet)
            kept = await room.clear()
        except PlatformError:
            pass
        if kept:
            await self._forget_crew()
            self.journal.output.detach()
        else:
            await self._leave()
        if self.stopping or (not kept and room.can_be_cleared):
            return False
        self._expired = self._broken = False
        self.life.move(Move.CLEARED)
        return True

    def finish(self) -> None:
        """The bookkeeping of the last invocation, if it is still due: its output, END, REPORT, a new memory peak."""
        self._account.finish(self._quarters.environment)

    def usage(self) -> Usage:
        """Memory and processor time now."""
        return self._quarters.usage()

    def info(self) -> EnvironmentInfo:
        """It, as it is now; its memory is that of the last invocation unless one runs."""
        state, usage = self.life.state, self.usage()
        return self.blueprint.info(
            state.value,
            started_at=self.started_at,
            init_seconds=self.init_seconds,
            invocations=self.invocations,
            cold=self.cold,
            memory_bytes=usage.memory_peak if state in (State.INIT, State.INVOKE) else self._meter.peak,
            cpu_seconds=usage.cpu_ns / 1e9,
        )

    async def stop(self) -> None:
        """End it and free what it held; due bookkeeping is done. Idempotent, never raises."""
        if self.stopping:
            return
        self.life.move(Move.STOPPED)
        self._deadline.cancel()
        await self._rest.cancel()
        self.finish()
        if self._crew is not None and self._crew.shutdown_seconds:
            try:
                await self._rest.end()
                await self._crew.shut_down(ShutdownReason.SPINDOWN)
            except PlatformError:  # it cannot be thawed: then it is killed as it is
                pass
        await self._leave()
        self.finish()
        self.life.move(Move.ENDED)

    @property
    def _init_limit(self) -> float:
        """Seconds that INIT may take."""
        if self.blueprint.init_type is InitType.ON_DEMAND and self.blueprint.debug_port is None:
            return self._parts.init_seconds
        return max(EXTENDED_INIT_SECONDS, float(self.function.timeout))

    def _begin_rest(self, crew: Crew) -> None:
        """A debugger would be frozen, too: then it runs on."""
        if self.blueprint.debug_port is None:
            self._rest.begin(crew)

    async def _init(self, room: Room, phase: str, limit: float, request_id: str, *, logged: bool) -> Ending | None:
        """Start a crew and wait until it is ready; on failure it is reset, and the ending tells why.

        Raises PlatformError, and ApiError if it cannot be restored.
        """
        crew = self._crew = Crew(room.environment, self.blueprint, self._parts, self._exited, self._cut_off)
        if self.blueprint.restores:
            restored = await restore(crew, self.journal, self._monotonic)
            if phase == "init":  # else it is part of the invocation's own duration
                self._meter.bill_restore(restored)
            room.environment.limit_cpu()
            self._initialized = self._restored = True
            return None
        done = await initialize(
            crew,
            self.journal,
            limit,
            self._monotonic,
            phase=phase,
            request_id=request_id,
            logged=logged,
            over=room.environment.limit_cpu,
        )
        self._expired = done.expired
        if done.ending is None:
            self._initialized = True
        else:
            await self.reset()
        self.journal.init_ended(done.report)
        return done.ending

    async def _initialize_again(self, request_id: str) -> Ending | None:
        """The INIT after a reset: inside an invocation, under its timeout, and reported only if it fails."""
        self.cold += 1
        room = self._quarters.room or await self._quarters.open(again=True)
        left = max(0.0, self.function.timeout - self._account.elapsed)
        ending = await self._init(room, "invoke", left, request_id, logged=self._initialized)
        if ending is not None:
            self._account.measure()
            if ending.status == "timeout":
                self._time_out(ending)
        return ending

    async def _settle_extensions(self, crew: Crew, ending: Ending, answered: float) -> bool:
        """The runtime is done; wait until the extensions are, too. False if that comes to nothing."""
        done = self._monotonic()
        wall = self._parts.clock.now() - done
        streamed_from = None if ending.streamed is None else self._courier.began
        told = spans.of_runtime(self._account.begun, answered, done, streamed_from=streamed_from, wall=wall)
        self.journal.output.drain()
        self._account.runtime_done(ending, told)
        cut = self._cut = asyncio.get_running_loop().create_future()
        settling = asyncio.ensure_future(crew.settled())
        waits: tuple[asyncio.Future[Any], ...] = (settling, cut)
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        self._account.extensions_done(done)
        self._cut = None
        if cut.done():
            settling.cancel()
            return False
        return settling.result() is None

    async def _break_off(self, crew: Crew, ending: Ending, *, told: bool = False) -> None:
        """The processes went away: because their time was over, or of themselves. `told`: the runtime was done."""
        self._account.measure()
        if self._expired:
            self._time_out(ending)
        else:
            failure = crew.failure
            outcomes.break_off(ending, failure, None if failure else await crew.exit_status(), crew.fatal)
        if crew.active and not told:
            self._account.runtime_done(ending)

    def _time_out(self, ending: Ending) -> None:
        self._account.seconds = self.function.timeout
        outcomes.time_out(ending, self.function.timeout)

    def _expire(self) -> None:
        self._expired = True
        self._cut_off()

    def _cut_off(self) -> None:
        """Nobody waits for the processes any more: time is over, or an extension has broken the environment."""
        self._exited()
        self._courier.cut()
        if self._crew is not None and self._crew.session is not None:
            self._crew.session.close()

    def _exited(self) -> None:
        """The runtime has ended: a session that waits for it knows by itself."""
        if self.life.state in (State.IDLE, State.FROZEN) and not self._broken:
            self._broken = True  # runtime and extensions may end together: once is enough
            self._parts.idle_exit(self.number)
        if self._cut is not None and not self._cut.done():
            self._cut.set_result(None)

    async def _forget_crew(self) -> None:
        crew, self._crew = self._crew, None
        if crew is not None:
            await crew.close()

    async def _leave(self) -> None:
        """End the room and the crew, and read their last output."""
        room = self._quarters.leave()
        if room is not None:
            if self._crew is not None:
                self._crew.hang_up()
            await asyncio.gather(room.close(), self._forget_crew())
            self.journal.output.detach()
