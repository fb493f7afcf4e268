"""A small SQS in memory, standard and FIFO, that can be told to fail: for tests of whatever reads queues.

`Queues.call` has the shape of `neighbours.base.Neighbours.call`; `handle` answers the same over HTTP, in SQS's JSON
protocol, with Lambent's own wire codec on the server's side.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from lambent.context import Clock, Context
from lambent.http.message import Request, Response
from lambent.model.errors import ApiError
from lambent.wire.model import load
from lambent.wire.request import WireRequest
from lambent.wire.route import protocol_of, route
from lambent.wire.server import parse_request, render_error, render_response


class _Held:
    """A message in a queue."""

    def __init__(self, number: int, body: str, group: str | None, attributes: Mapping[str, Any]) -> None:
        self.id = f"message-{number}"
        self.body = body
        self.group = group
        self.attributes = dict(attributes)
        self.visible_at = 0.0
        self.received = 0
        self.receipt = ""


class Queues:
    """Queues by name. `failures` are codes with which the next calls of an operation are refused."""

    def __init__(self, clock: Clock, *, visibility: int = 30) -> None:
        self.clock = clock
        self.visibility = visibility
        self.queues: dict[str, list[_Held]] = {}
        self.calls: Counter[str] = Counter()
        self.callers: list[Context] = []
        self.failures: dict[str, deque[str]] = {}
        self.deleted: list[str] = []
        self.polling = 0
        self._sent = 0
        self._changed = asyncio.Event()

    def send(self, queue: str, *bodies: str, group: str | None = None, **attributes: Any) -> list[str]:
        """Put messages into a queue, which is made if need be; returns their ids."""
        made = []
        for body in bodies:
            self._sent += 1
            made.append(_Held(self._sent, body, group, attributes))
        self.queues.setdefault(queue, []).extend(made)
        self._wake()
        return [message.id for message in made]

    def left(self, queue: str) -> list[str]:
        """The bodies of all messages that are not deleted."""
        return [message.body for message in self.queues[queue]]

    async def changed(self) -> None:
        """Until the next message is sent, deleted, received, or shown again."""
        await self._changed.wait()

    def show_all(self) -> None:
        """Every message is visible again, as when its time is over."""
        for queue in self.queues.values():
            for message in queue:
                message.visible_at = 0.0
        self._wake()

    def fail(self, operation: str, *codes: str) -> None:
        """Refuse the next calls."""
        self.failures.setdefault(operation, deque()).extend(codes)

    async def call(
        self, ctx: Context | None, service: str, operation: str, params: Mapping[str, Any], *, answer_bytes: int = 0
    ) -> Mapping[str, Any]:
        """One operation."""
        assert service == "sqs"
        self.calls[operation] += 1
        if ctx is not None:
            self.callers.append(ctx)
        if self.failures.get(operation):
            code = self.failures[operation].popleft()
            raise ApiError(code, f"{operation} fails", status=400)
        queue = params["QueueUrl"].rpartition("/")[2]
        if queue not in self.queues:
            raise ApiError("QueueDoesNotExist", "The specified queue does not exist.", status=400)
        match operation:
            case "GetQueueAttributes":
                return {"Attributes": {"VisibilityTimeout": str(self.visibility)}}
            case "ReceiveMessage":
                return await self._receive(queue, params)
            case "DeleteMessageBatch":
                return {"Successful": self._delete(queue, params["Entries"]), "Failed": []}
            case "ChangeMessageVisibilityBatch":
                return self._change(queue, params["Entries"])
        raise ApiError("InvalidAction", operation, status=400)

    async def handle(self, request: Request) -> Response:
        """The same over HTTP."""
        model = load("sqs")
        asked = WireRequest(request.method, request.path, request.query, request.headers, await request.read())
        match = route(model, asked)
        assert match is not None
        protocol = protocol_of(model, asked)
        try:
            params = parse_request(model, match, asked)
            result = await self._while_there(request, match.operation.name, params)
            rendered = render_response(model, match.operation, protocol, result, "r")
        except ApiError as error:
            rendered = render_error(
                model, match.operation, protocol, error.code, error.message, request_id="r", status=error.status
            )
        assert isinstance(rendered.body, bytes)
        return Response(rendered.status, rendered.headers, rendered.body)

    async def _while_there(self, request: Request, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """One operation, given up when the client has gone: nothing is received by nobody."""
        call = asyncio.ensure_future(self.call(None, "sqs", operation, params))
        request.disconnected.add_done_callback(lambda gone: call.cancel())
        return await call

    async def _receive(self, queue: str, params: Mapping[str, Any]) -> dict[str, Any]:
        until = self.clock.now() + params.get("WaitTimeSeconds", 0)
        self.polling += 1
        try:
            while not (found := self._visible(queue)[: params["MaxNumberOfMessages"]]):
                left = until - self.clock.now()
                if left <= 0:
                    return {}
                waits = [asyncio.ensure_future(self.clock.sleep(left)), asyncio.ensure_future(self._changed.wait())]
                try:
                    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for wait in waits:
                        wait.cancel()
        finally:
            self.polling -= 1
        shown = [self._shown(message) for message in found]
        self._wake()
        return {"Messages": shown}

    def _visible(self, queue: str) -> list[_Held]:
        """What may be received: of a group only what comes before everything of it that is under way."""
        now, blocked, found = self.clock.now(), set(), []
        for message in self.queues[queue]:
            if message.group is not None and message.group in blocked:
                continue
            if message.visible_at <= now:
                found.append(message)
            elif message.group is not None:
                blocked.add(message.group)
        return found

    def _shown(self, message: _Held) -> dict[str, Any]:
        message.received += 1
        message.receipt = f"{message.id}/{message.received}"
        message.visible_at = self.clock.now() + self.visibility
        group = {} if message.group is None else {"MessageGroupId": message.group}
        return {
            "MessageId": message.id,
            "ReceiptHandle": message.receipt,
            "Body": message.body,
            "MD5OfBody": hashlib.md5(message.body.encode()).hexdigest(),
            "Attributes": {"ApproximateReceiveCount": str(message.received), "SenderId": "me"}
            | group
            | message.attributes,
        }

    def _delete(self, queue: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        assert 0 < len(entries) <= 10
        receipts = {entry["ReceiptHandle"] for entry in entries}
        gone = [message for message in self.queues[queue] if message.receipt in receipts]
        self.deleted += [message.body for message in gone]
        self.queues[queue] = [message for message in self.queues[queue] if message not in gone]
        self._wake()
        return [{"Id": entry["Id"]} for entry in entries]

    def _change(self, queue: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        for entry in entries:
            for message in self.queues[queue]:
                if message.receipt == entry["ReceiptHandle"]:
                    message.visible_at = self.clock.now() + entry["VisibilityTimeout"]
        self._wake()
        return {"Successful": [{"Id": entry["Id"]} for entry in entries], "Failed": []}

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
