"""Where durable executions are kept: the keys, and the records behind them.

Records under `ACCOUNT/REGION/lambda/`: `durable/FUNCTION/ID` (Execution; ids sort by time),
`durable-newest/FUNCTION/ID` with the digits of the id turned round (nothing: it sorts the newest first),
`durable-name/FUNCTION/NAME` (the id), `durable-operation/ID/NUMBER` (Operation), `durable-event/ID/NUMBER` (Event)
and `durable-output/ID` (Output).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from lambent.services.lambda_.durable.keys import ExecutionKeys
from lambent.services.lambda_.durable.values import Event, Execution, Operation, Output
from lambent.services.lambda_.names import Place
from lambent.services.lambda_.repository import every
from lambent.store.base import ABSENT, Record, Store, Write

KIND = "durable"
"""The kind of record that `as_execution` reads."""

_EXECUTIONS = msgspec.msgpack.Decoder(Execution)
_OPERATIONS = msgspec.msgpack.Decoder(Operation)
_EVENTS = msgspec.msgpack.Decoder(Event)
_OUTPUTS = msgspec.msgpack.Decoder(Output)
_TURNED = str.maketrans("0123456789abcdef", "fedcba9876543210")
_AT_ONCE = 500


class DurableRepository:
    """Executions of every account and region. One server writes: whoever drives them."""

    def __init__(self, store: Store, keys: ExecutionKeys) -> None:
        """What is read or written of an execution under a key of KMS raises `keys.KeyRefused` if that refuses."""
        self._store = store
        self._keys = keys

    async def execution(self, at: Place, function: str, execution_id: str) -> Execution | None:
        """An execution without its operations."""
        record = await self._store.get(_key(at, function, execution_id))
        return None if record is None else _EXECUTIONS.decode(record.value)

    async def named(self, at: Place, function: str, name: str) -> Execution | None:
        """The execution that has that name."""
        record = await self._store.get(_name_key(at, function, name))
        return None if record is None else await self.execution(at, function, record.value.decode())

    async def executions(
        self, at: Place, function: str, *, after: str, limit: int, oldest_first: bool
    ) -> list[Execution]:
        """Executions of a function in the order of their start, from the one after the id `after`."""
        if oldest_first:
            start = _key(at, function, after) if after else ""
            records = await self._store.list(_key(at, function, ""), after=start, limit=limit)
            return [_EXECUTIONS.decode(record.value) for record in records]
        start = _newest_key(at, function, after) if after else ""
        records = await self._store.list(_newest_key(at, function, ""), after=start, limit=limit)
        ids = [record.key.rpartition("/")[2].translate(_TURNED) for record in records]
        found = await asyncio.gather(*(self.execution(at, function, each) for each in ids))
        return [each for each in found if each is not None]

    async def operations(self, execution: Execution) -> list[Operation]:
        """All operations of an execution, in the order of their start."""
        opened = await self._opened(execution)
        records = every(self._store, _part_key(execution, "operation", ""))
        return [_OPERATIONS.decode(opened(record.value)) async for record in records]

    async def root(self, execution: Execution) -> Operation | None:
        """The operation that holds the input."""
        record = await self._store.get(_part_key(execution, "operation", f"{0:08d}"))
        return None if record is None else _OPERATIONS.decode((await self._opened(execution))(record.value))

    async def events(self, execution: Execution, *, after: int, limit: int) -> list[Event]:
        """Events of an execution behind the number `after`."""
        prefix = _part_key(execution, "event", "")
        start = f"{prefix}{after:08d}"
        opened = await self._opened(execution)
        return [_EVENTS.decode(opened(each.value)) for each in await self._store.list(prefix, after=start, limit=limit)]

    async def output(self, execution: Execution) -> Output | None:
        """How an execution ended; None while it goes on."""
        record = await self._store.get(_output_key(execution))
        return None if record is None else _OUTPUTS.decode((await self._opened(execution))(record.value))

    async def commit(
        self,
        execution: Execution,
        operations: Iterable[Operation] = (),
        events: Iterable[Event] = (),
        output: Output | None = None,
    ) -> None:
        """Write what has changed, all or nothing."""
        writes = [Write(_key(execution, execution.function, execution.id), msgspec.msgpack.encode(execution))]
        closed = await self._closed(execution)
        for operation in operations:
            writes.append(Write(_part_key(execution, "operation", f"{operation.number:08d}"), closed(operation)))
        for event in events:
            writes.append(Write(_part_key(execution, "event", f"{event.number:08d}"), closed(event)))
        if output is not None:
            writes.append(Write(_output_key(execution), closed(output)))
        await self._store.transact(writes)

    async def create(self, execution: Execution, root: Operation, events: Iterable[Event]) -> None:
        """Write a new execution. Raises `store.base.Conflict` if its name is taken."""
        function, closed = execution.function, await self._closed(execution)
        await self._store.transact(
            [
                Write(_name_key(execution, function, execution.name), execution.id.encode(), ABSENT),
                Write(_key(execution, function, execution.id), msgspec.msgpack.encode(execution), ABSENT),
                Write(_newest_key(execution, function, execution.id), b"", ABSENT),
                Write(_part_key(execution, "operation", f"{0:08d}"), closed(root)),
                *(Write(_part_key(execution, "event", f"{event.number:08d}"), closed(event)) for event in events),
            ]
        )

    async def drop(self, execution: Execution) -> None:
        """Delete an execution with everything; it is gone when that is done, and not before."""
        for part in ("operation", "event"):
            while records := await self._store.list(_part_key(execution, part, ""), limit=_AT_ONCE):
                await self._store.transact([Write(record.key, None) for record in records])
        await self._store.transact(
            [
                Write(_output_key(execution), None),
                Write(_newest_key(execution, execution.function, execution.id), None),
                Write(_name_key(execution, execution.function, execution.name), None),
                Write(_key(execution, execution.function, execution.id), None),
            ]
        )

    async def _opened(self, execution: Execution) -> Callable[[bytes], bytes]:
        key = await self._keys.of(execution)
        return bytes if key is None else key.open

    async def _closed(self, execution: Execution) -> Callable[[msgspec.Struct], bytes]:
        key = await self._keys.of(execution)
        return msgspec.msgpack.encode if key is None else lambda value: key.close(msgspec.msgpack.encode(value))


def as_execution(record: Record) -> Execution:
    """What a record of the kind `KIND` holds."""
    return _EXECUTIONS.decode(record.value)


def _key(at: Place, function: str, execution_id: str) -> str:
    return f"{at.account}/{at.region}/lambda/{KIND}/{function}/{execution_id}"


def _newest_key(at: Place, function: str, execution_id: str) -> str:
    return f"{at.account}/{at.region}/lambda/{KIND}-newest/{function}/{execution_id.translate(_TURNED)}"


def _name_key(at: Place, function: str, name: str) -> str:
    return f"{at.account}/{at.region}/lambda/{KIND}-name/{function}/{name}"


def _part_key(execution: Execution, part: str, number: str) -> str:
    return f"{execution.account}/{execution.region}/lambda/{KIND}-{part}/{execution.id}/{number}"


def _output_key(execution: Execution) -> str:
    return f"{execution.account}/{execution.region}/lambda/{KIND}-output/{execution.id}"
