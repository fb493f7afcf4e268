"""The platform's end of a link to a launcher or supervisor: requests with replies, and notices, on the event loop.

The peer may be hostile or dying: messages are bounded, every request has a time limit, anything unexpected ends the
link, and descriptors that nobody asked for are closed. Never blocks.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Any

from lambent.model.errors import PlatformError
from lambent.sandbox.inside import messages

_log = logging.getLogger(__name__)
_MOST_AT_ONCE = 16


class Link:
    """`notice` receives messages that answer no request; `gone` is called once, when the peer is lost or `close` ran.

    `name` is for error texts.
    """

    def __init__(
        self,
        end: socket.socket,
        name: str,
        *,
        notice: Callable[[dict[str, Any]], None],
        gone: Callable[[], None],
    ) -> None:
        end.setblocking(False)
        self._end = end
        self._name = name
        self._notice = notice
        self._gone = gone
        self._waiting: dict[int, asyncio.Future[messages.Message]] = {}
        self._last = 0
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(end.fileno(), self._readable)

    @property
    def closed(self) -> bool:
        """Whether the link has ended."""
        return self._end.fileno() < 0

    async def request(
        self, do: str, descriptors: Sequence[int] = (), *, seconds: float, **order: Any
    ) -> messages.Message:
        """Send an order and return its reply, whose descriptors become the caller's.

        Raises PlatformError when the peer refuses, is gone, or does not answer within `seconds`.
        """
        if self.closed:
            raise PlatformError(f"{self._name} is gone")
        self._last += 1
        answer: asyncio.Future[messages.Message] = self._loop.create_future()
        try:
            messages.send(self._end, {"do": do, "n": self._last, **order}, descriptors)
        except (messages.Broken, BlockingIOError) as error:
            self.close()
            raise PlatformError(f"{self._name} cannot be asked to {do}: {error}") from error
        self._waiting[self._last] = answer
        try:
            await asyncio.wait([answer], timeout=seconds)
        except asyncio.CancelledError:
            answer.add_done_callback(_discard)
            raise
        if not answer.done():
            answer.add_done_callback(_discard)
            self.close()
            raise PlatformError(f"{self._name} did not {do} within {seconds:g} s")
        reply = answer.result()
        if "error" in reply.body:
            messages.close_all(reply.descriptors)
            raise PlatformError(f"{self._name} could not {do}: {reply.body['error']}")
        return reply

    def send(self, body: dict[str, Any]) -> None:
        """Send a message that is not answered. Raises PlatformError."""
        try:
            messages.send(self._end, body)
        except (messages.Broken, BlockingIOError) as error:
            self.close()
            raise PlatformError(f"{self._name} cannot be told: {error}") from error

    def close(self) -> None:
        """End the link; what waits fails. Idempotent."""
        if self.closed:
            return
        self._loop.remove_reader(self._end.fileno())
        self._end.close()
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            answer.set_exception(PlatformError(f"{self._name} is gone"))
        self._gone()

    def _readable(self) -> None:
        for _ in range(_MOST_AT_ONCE):
            if self.closed:
                return
            try:
                message = messages.receive(self._end)
            except BlockingIOError:
                return
            except messages.Broken as error:
                _log.warning("%s sent what is no message (%s): dropped", self._name, error)
                message = None
            if message is None:
                self.close()
                return
            self._deliver(message)

    def _deliver(self, message: messages.Message) -> None:
        number = message.body.get("n")
        if number is None:
            messages.close_all(message.descriptors)
            self._notice(message.body)
            return
        answer = self._waiting.pop(number, None) if isinstance(number, int) else None
        if answer is None:
            messages.close_all(message.descriptors)
            _log.warning("%s answered what nobody asked: dropped", self._name)
            self.close()
            return
        answer.set_result(message)


def _discard(answer: asyncio.Future[messages.Message]) -> None:
    """Take an answer whose asker has left."""
    if answer.exception() is None:
        messages.close_all(answer.result().descriptors)
