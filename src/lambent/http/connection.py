"""One client's connection: an asyncio Protocol, and one task that answers its requests one after another.

It decides when a connection lives, lingers and ends. Bytes in are `incoming`'s, bytes out `outgoing`'s.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final, Protocol, cast

from lambent.http.body import BadRequest, Body, ClientGone, RequestError
from lambent.http.head import CONTINUE
from lambent.http.incoming import Incoming
from lambent.http.limits import Limits
from lambent.http.message import Handler, Origin, Request, Response
from lambent.http.outgoing import BrokenAnswer, Outgoing, close_iterator
from lambent.http.pace import Pace
from lambent.http.timing import Progress, Waiting

_log = logging.getLogger(__name__)

_NO_REQUEST: Final = Request.of("GET", "/")


class Home(Protocol):
    """Who keeps the connections of one listening address."""

    def enter(self, connection: Connection) -> None:
        """It is open."""
        ...

    def leave(self, connection: Connection) -> None:
        """Nothing of it is left. Called once after `enter`."""
        ...


class Connection(asyncio.Protocol):
    """One client: the protocol of its transport and the owner of the task that answers it."""

    __slots__ = (
        "_body_flow",
        "_closing",
        "_current",
        "_ended",
        "_eof",
        "_expects",
        "_half_closed",
        "_handler",
        "_head_wait",
        "_home",
        "_idle_wait",
        "_in",
        "_limits",
        "_lingering",
        "_loop",
        "_lost",
        "_out",
        "_pace",
        "_task",
        "_tls",
        "_transport",
        "_waiter",
        "_write_flow",
    )

    _transport: asyncio.Transport
    _in: Incoming
    _out: Outgoing

    def __init__(self, handler: Handler, limits: Limits, pace: Pace, home: Home, tls: bool) -> None:
        self._handler = handler
        self._limits = limits
        self._pace = pace
        self._tls = tls
        self._home = home
        # Kept, because asking for the running loop costs a system call (getpid) on CPython 3.11.
        self._loop = asyncio.get_running_loop()
        self._current: Request | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._expects = self._eof = self._lost = self._ended = self._closing = self._lingering = False
        self._head_wait = Waiting()
        self._idle_wait = Waiting()
        rate = limits.minimum_rate
        self._body_flow = Progress(pace.body_ticks, limits.body_seconds * rate)
        self._write_flow = Progress(pace.write_ticks, limits.write_seconds * rate)
        self._half_closed = Progress(pace.linger_ticks, 1)

    # What the transport tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        # uvloop's transports have the methods of asyncio.Transport without being one.
        self._transport = transport = cast(asyncio.Transport, transport)
        client, server = (_address(transport.get_extra_info(name)) for name in ("peername", "sockname"))
        origin = Origin("https" if self._tls else "http", client, server, self._limits.body_bytes)
        self._in = Incoming(transport, self._limits, origin, self._wake, self._pull)
        self._out = Outgoing(transport)
        transport.set_write_buffer_limits(high=self._limits.buffer_bytes)
        full = len(self._pace) >= self._limits.connections
        self._pace.add(self)
        self._home.enter(self)
        if full:
            self._refuse(503)

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        if not self._lingering:
            self._in.feed(data)

    def eof_received(self) -> bool | None:
        """The client will send no more; it may still read. True keeps the connection open."""
        self._eof = True
        if self._lingering or (self._current is None and not self._in.queue):
            return None
        body = self._in.parser.body
        if body is not None:
            body.fail(ClientGone("client ended before its body was complete"))
        for request in (self._current, *self._in.queue):
            if request is not None:
                request.lose()
        return not self._tls

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._lost = True
        self._pace.remove(self)
        body = self._in.parser.body
        if body is not None:
            body.fail(ClientGone())
        self._in.drop()
        if self._current is not None:
            self._current.lose()
        streaming = self._out.streaming
        self._out.lose()
        task = self._task
        if task is None or self._ended:
            self._home.leave(self)
        elif streaming and not task.cancelling():
            # Once only: a second cancellation would break into the clean-up that the first one began.
            task.cancel()
        else:
            self._wake()

    def pause_writing(self) -> None:
        """The client takes less than we send."""
        self._out.pause()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._out.resume()

    # What the listener and the pace ask for.

    def finish(self) -> None:
        """Close once the request in work is answered; now if there is none."""
        self._closing = True
        if self._current is None and not self._in.queue and not self._lingering:
            self._transport.close()

    def abort(self) -> None:
        """Cut the connection and cancel the handler."""
        self._transport.abort()
        if self._task is not None:
            self._task.cancel()

    def check(self, tick: int) -> None:
        """Pace: cut off a client that is late."""
        if self._lost:
            return
        out, waiting = self._out, self._out.waiting
        stuck = self._write_flow.late(tick, out.sent - waiting if waiting else None)
        silent = self._half_closed.late(tick, out.sent if self._eof and out.streaming else None)
        if stuck or silent:
            self._transport.abort()
        elif self._lingering:
            if self._idle_wait.late(tick, self, self._pace.linger_ticks):
                self._transport.abort()
        else:
            self._check_incoming(tick)

    def _check_incoming(self, tick: int) -> None:
        pace, parser, paused = self._pace, self._in.parser, self._in.paused
        body, in_head = parser.body, parser.in_head
        awaited = body is not None and not paused and (body.wanted or body.discarding)
        if self._body_flow.late(tick, body.arrived if body is not None and awaited else None):
            parser.refuse(BadRequest("request body came too slowly", 408))
        if self._head_wait.late(tick, parser.headers if in_head and not paused else None, pace.header_ticks):
            parser.refuse(BadRequest("request head took too long", 408))
        idle = not in_head and body is None and self._current is None and not self._in.queue
        if self._idle_wait.late(tick, parser.headers if idle else None, pace.idle_ticks):
            self._transport.close()

    # Answering.

    def _wake(self) -> None:
        """See to it that the task looks at the queue."""
        if self._task is None:
            self._task = self._loop.create_task(self._work())
            self._task.add_done_callback(self._worked)
            return
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)

    def _pull(self) -> None:
        """The body of the current request: its reader waits, or has taken something."""
        if self._expects:
            self._expects = False
            if self._current is not None and self._current.source.nothing_came:
                self._out.raw(CONTINUE)
        if self._in.paused:
            self._in.throttle()

    async def _work(self) -> None:
        """Answer one request after another until the connection ends."""
        queue, handler, out = self._in.queue, self._handler, self._out
        while not self._lost:
            if not queue:
                if not self._stays():
                    return
                self._waiter = self._loop.create_future()
                await self._waiter
                continue
            self._current = request = queue.popleft()
            self._expects = request.expects_continue
            try:
                response = await handler(request)
            except RequestError as error:
                response = Response(error.status)
            except (Exception, asyncio.CancelledError) as error:
                response = self._failed(request, error)
            keep = await self._answer(request, response)
            self._current = None
            if not keep:
                self._end(request.source)
                return
            if out.blocked:
                await out.drained()
            if self._in.paused:
                self._in.throttle()
            if queue:
                # A long pipeline must not keep the loop from everybody else.
                await asyncio.sleep(0)

    def _stays(self) -> bool:
        """With nothing to answer: True if another request may come, else the connection ends here."""
        failure = self._in.parser.failure
        if failure is not None:
            self._refuse(failure.status)
        elif self._eof or self._closing:
            self._transport.close()
        else:
            return True
        return False

    async def _answer(self, request: Request, response: Response) -> bool:
        """Send an answer; True if another may follow it."""
        body, out = request.source, self._out
        keep = request.keep_alive and not self._closing
        try:
            if isinstance(response.body, bytes):
                return out.whole(request, response, keep and (body.ended or self._spare(body)), self._pace.date)
            if self._lost:
                await close_iterator(response.body)
                return False
            if self._expects:
                self._pull()
            keep = await out.stream(request, response, keep, self._pace.date)
            return keep and not self._lost and (body.ended or self._spare(body))
        except asyncio.CancelledError as error:
            # `connection_lost` cancels a streamed answer; any other cancellation is not ours to swallow.
            task = asyncio.current_task()
            if not self._lost or task is None or task.uncancel() > 0:
                self._failed(request, error)
        except BrokenAnswer as broken:
            self._failed(request, broken.__cause__ or broken)
        except Exception as error:
            return out.whole(request, self._failed(request, error), keep and body.ended, self._pace.date)
        self._transport.abort()
        return False

    def _failed(self, request: Request, error: BaseException) -> Response:
        """Log what a handler, or the body that it gave us, raised. Raises what ends this task."""
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise error
        if not isinstance(error, RequestError):
            _log.error("%s %s failed", request.method, request.path, exc_info=error)
        return Response(500)

    def _spare(self, body: Body) -> bool:
        """The answer is there before the whole body: True if the little that is missing can be skipped."""
        if body.failure is not None or self._expects or body.expected is None:
            return False
        if body.expected - body.arrived > self._limits.buffer_bytes:
            return False
        body.discard()
        return True

    # Ending.

    def _end(self, body: Body) -> None:
        """The last answer of this connection is written."""
        if self._lost:
            return
        if body.ended and self._in.parser.failure is None:
            self._transport.close()
        else:
            self._linger()

    def _refuse(self, status: int) -> None:
        """Answer something that is no request, and end."""
        self._out.whole(_NO_REQUEST, Response(status), False, self._pace.date)
        self._linger()

    def _linger(self) -> None:
        """End, but let the client finish sending: closing on unread bytes would destroy the answer on its way."""
        self._lingering = True
        self._in.drop()
        if self._transport.is_closing():
            return
        if self._eof:
            self._transport.close()
        elif self._transport.can_write_eof():
            try:
                self._transport.write_eof()
            except OSError:
                self._transport.abort()

    def _worked(self, task: asyncio.Task[None]) -> None:
        """The task has ended."""
        self._ended = True
        if task.cancelled():
            self._transport.abort()
        elif (error := task.exception()) is not None:
            _log.critical("a connection broke off", exc_info=error)
            self._transport.abort()
        if self._lost:
            self._home.leave(self)


def _address(name: Any) -> tuple[str, int] | None:
    """(address, port) of a TCP end; None for unix sockets."""
    return (name[0], name[1]) if isinstance(name, tuple) else None
