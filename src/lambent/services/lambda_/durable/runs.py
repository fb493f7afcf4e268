"""What drives durable executions: it invokes functions, keeps time, and writes down what happens before anybody hears
of it. What happens is the machine's to say.

An execution is in memory only while something is done with it. After a start `resume` takes up what the last run of
the server left: what was running is invoked again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, NamedTuple, Protocol, Self, TypeVar

import msgspec

from lambent.context import Clock, Ids
from lambent.model.errors import ApiError, PlatformError
from lambent.services.lambda_.durable import errors
from lambent.services.lambda_.durable.alarms import Alarms
from lambent.services.lambda_.durable.chained import ChainedInvokes, Ended
from lambent.services.lambda_.durable.invocation import event
from lambent.services.lambda_.durable.invoking import Invoking
from lambent.services.lambda_.durable.keys import ExecutionKeys, KeyRefused
from lambent.services.lambda_.durable.machine import Machine
from lambent.services.lambda_.durable.repository import DurableRepository
from lambent.services.lambda_.durable.values import Execution, Operation, Output, Ref, ref

_LOG = logging.getLogger(__name__)
_KEY_SECONDS = 60.0
"""After so long a key that has refused is asked again."""

_CLOSING = "Lambent is shutting down"

T = TypeVar("T")


class Told(Protocol):
    """Who hears of executions: `observe.metrics.durable`."""

    def found(self, account: str, region: str, function: str) -> None: ...

    def begun(self, account: str, region: str, function: str) -> None: ...

    def ended(self, account: str, region: str, function: str, status: str, seconds: float, operations: int) -> None: ...


class _Live:
    """An execution with which something is done: one thing after the other."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0
        self.machine: Machine | None = None


class Outcome(NamedTuple):
    """An execution that has ended, and how."""

    execution: Execution
    output: Output


class Runs:
    """Drives executions. Use with `async with`; leaving stops what is not written, which the next start repeats."""

    def __init__(
        self,
        repository: DurableRepository,
        invoking: Invoking,
        chained: ChainedInvokes,
        clock: Clock,
        ids: Ids,
        told: Told | None = None,
    ) -> None:
        self._told = told
        self._repository = repository
        self._invoking = invoking
        self._chained = chained
        self._clock = clock
        self._ids = ids
        self._alarms = Alarms(clock, lambda each: self._spawn(self._ring(each)))
        self._live: dict[str, _Live] = {}
        self._waiting: dict[str, list[asyncio.Future[Outcome]]] = {}
        self._chaining: set[tuple[str, str]] = set()
        self._driven: Counter[str] = Counter()
        self._locked: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writing: set[asyncio.Task[Any]] = set()
        self._closing = False

    async def __aenter__(self) -> Self:
        self._spawn(self._alarms.watch())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._closing = True
        for future in [each for waiting in self._waiting.values() for each in waiting]:
            if not future.done():
                future.set_exception(PlatformError(_CLOSING))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._writing, return_exceptions=True)

    def resume(self, execution: Execution) -> None:
        """After a start: go on with an execution as it was found."""
        if self._told is not None and not execution.has_ended:
            self._told.found(execution.account, execution.region, execution.function)
        if not execution.has_ended and (execution.owed or execution.invocation or execution.invokes):
            self._spawn(self._resume(ref(execution)))
        else:
            self._alarms.at(ref(execution), execution.wake)

    async def start(self, machine: Machine) -> None:
        """A new execution, durable on return and about to be invoked. Raises `Conflict` if its name is taken."""
        machine.execution = _with_plans(machine)
        (root,) = machine.operations.values()
        await self._repository.create(machine.execution, root, machine.events)
        machine.written()
        execution = machine.execution
        if self._told is not None:
            self._told.begun(execution.account, execution.region, execution.function)
        self._follow(machine, [])

    async def change(self, which: Ref, act: Callable[[Machine], T]) -> T:
        """Do something with an execution; durable on return. Raises what `act` raises, and then nothing is done;
        ApiError if there is no such execution, PlatformError."""
        if self._closing:
            raise PlatformError(_CLOSING)
        # A task of its own: a caller that goes away must not leave half of it done.
        task = asyncio.get_running_loop().create_task(self._changed(which, act))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    async def read(self, which: Ref, look: Callable[[Machine], T]) -> T:
        """Look at an execution. Raises what `look` raises; ApiError if there is no such execution."""
        async with self._held(which) as live:
            live.machine = live.machine or await self._load(which)
            return look(live.machine)

    async def outcome(self, which: Ref) -> Outcome:
        """How an execution ends, once it has. Raises ApiError if it is not there, PlatformError."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(which.id, [])
        waiting.append(future)
        try:
            execution = await self._repository.execution(which, which.function, which.id)
            if execution is None:
                raise errors.not_found()
            if execution.has_ended:
                return Outcome(execution, await self._repository.output(execution) or Output())
            return await future
        finally:
            waiting.remove(future)
            if not waiting:
                self._waiting.pop(which.id, None)

    async def delete(self, which: Ref) -> float:
        """Begin to delete an execution that has ended; when that was asked for. Raises ApiError."""

        def begin(machine: Machine) -> float:
            if not machine.execution.has_ended:
                raise errors.not_ended(machine.execution.arn)
            machine.delete()
            return self._clock.now()

        return await self.change(which, begin)

    async def _changed(self, which: Ref, act: Callable[[Machine], T]) -> T:
        async with self._held(which) as live:
            machine = live.machine or await self._load(which)
            live.machine = machine
            try:
                result = act(machine)
            except BaseException:
                machine.undo()
                raise
            try:
                machine.execution = _with_plans(machine)
                changed = machine.changes.values(), machine.events, machine.output
                await self._unlocked(which, self._repository.commit(machine.execution, *changed))
            except BaseException:
                live.machine = None  # whoever comes next reads what is true
                raise
            invokes = [each for each in machine.to_invoke() if each.id in machine.changes]
            output = machine.output
            machine.written()
            self._follow(machine, invokes, output)
            return result

    async def _unlocked(self, which: Ref, work: Awaitable[T]) -> T:
        """What `work` gives. If the execution's key refuses, it is taken up anew later, as after a start."""
        try:
            return await work
        except KeyRefused:
            self._locked.add(which.id)
            self._alarms.at(which, self._clock.now() + _KEY_SECONDS)
            raise

    @contextlib.asynccontextmanager
    async def _held(self, which: Ref) -> AsyncIterator[_Live]:
        live = self._live.setdefault(which.id, _Live())
        live.users += 1
        try:
            async with live.lock:
                yield live
        finally:
            live.users -= 1
            if live.users == 0 and (live.machine is None or not live.machine.execution.invocation):
                self._live.pop(which.id, None)

    async def _load(self, which: Ref) -> Machine:
        execution = await self._repository.execution(which, which.function, which.id)
        if execution is None:
            raise errors.not_found()
        return Machine(execution, await self._unlocked(which, self._repository.operations(execution)))

    def _follow(self, machine: Machine, invokes: list[Operation], output: Output | None = None) -> None:
        """What is to be done after what was written."""
        execution = machine.execution
        which = ref(execution)
        self._alarms.at(which, execution.wake)
        if output is not None:
            self._tell_end(execution)
            for future in self._waiting.get(execution.id, ()):
                if not future.done():
                    future.set_result(Outcome(execution, output))
        for operation in invokes:
            if (execution.id, operation.id) not in self._chaining:
                self._chaining.add((execution.id, operation.id))
                self._spawn(self._chain(execution, operation))
        if machine.wants_invocation and (execution.retry_at is None or execution.retry_at <= self._clock.now()):
            self._spawn(self._drive(which))

    def _tell_end(self, execution: Execution) -> None:
        if self._told is not None:
            seconds = (execution.ended or execution.started) - execution.started
            whose = execution.account, execution.region, execution.function
            self._told.ended(*whose, execution.status, seconds, execution.operations)

    async def _resume(self, which: Ref) -> None:
        invokes: list[Operation] = []

        def take_up(machine: Machine) -> Execution:
            machine.lost()
            machine.advance(self._clock.now())
            invokes.extend(machine.to_invoke())
            return machine.execution

        execution = await self.change(which, take_up)
        for operation in invokes:
            self._chaining.add((execution.id, operation.id))
            self._spawn(self._chain(execution, operation))

    async def _ring(self, which: Ref) -> None:
        if which.id in self._locked:
            if which.id in self._driven:  # its invocation is not lost
                self._alarms.at(which, self._clock.now() + _KEY_SECONDS)
                return
            self._locked.discard(which.id)
            await self._resume(which)
            return
        execution = await self._repository.execution(which, which.function, which.id)
        if execution is None:
            return
        if not execution.has_ended:
            await self.change(which, lambda machine: machine.advance(self._clock.now()))
            return
        await self.change(which, Machine.delete)
        async with self._held(which) as live:
            live.machine = None
            # Rung for twice, it may have gone: then its name may be another execution's by now.
            if await self._repository.execution(which, which.function, which.id) is not None:
                await self._repository.drop(execution)
            self._alarms.forget(which)

    async def _drive(self, which: Ref) -> None:
        """One invocation, if one is due."""
        self._driven[which.id] += 1
        try:
            await self._driven_once(which)
        finally:
            self._driven[which.id] -= 1
            if not self._driven[which.id]:
                del self._driven[which.id]

    async def _driven_once(self, which: Ref) -> None:
        invocation = self._ids.request_id()

        def begin(machine: Machine) -> tuple[Execution, bytes] | None:
            machine.advance(self._clock.now())
            retry_at = machine.execution.retry_at
            if not machine.wants_invocation or (retry_at is not None and retry_at > self._clock.now()):
                return None
            updated = machine.begin(invocation)
            return machine.execution, event(machine.execution, machine.token(), machine.operations, updated)

        begun = await self.change(which, begin)
        if begun is None:
            return
        execution, payload = begun
        started = self._clock.now()
        answer = await self._invoking.invoke(execution, payload)
        if answer is None:
            await self.change(which, lambda machine: machine.put_off(self._clock.now()))
        else:
            said = answer
            await self.change(which, lambda machine: machine.answered(said, started, self._clock.now(), invocation))

    async def _chain(self, execution: Execution, operation: Operation) -> None:
        try:
            ended: Ended = await self._chained.run(execution, operation, self.outcome)
            status, result, error = ended
            await self.change(
                ref(execution),
                lambda machine: machine.close(operation.id, status, self._clock.now(), result=result, error=error),
            )
        finally:
            self._chaining.discard((execution.id, operation.id))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _logged(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except ApiError:
            return  # the execution has gone meanwhile
        except Exception:
            if not self._closing:
                # One execution stays as it is until the next start; the others must not suffer.
                _LOG.exception("a durable execution cannot go on")


class Durable(NamedTuple):
    """Executions as they are kept, and what drives them."""

    repository: DurableRepository
    runs: Runs
    keys: ExecutionKeys


def _with_plans(machine: Machine) -> Execution:
    """The execution, with what a later start of the server must know of it."""
    return msgspec.structs.replace(machine.execution, wake=machine.due(), invokes=bool(machine.to_invoke()))
