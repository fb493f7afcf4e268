"""A consumer of one RabbitMQ queue over AMQP.

The only file that knows pika, which need not be installed. Its errors end here.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
import ssl
from collections import deque
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from lambent.sources.base import NO_CONNECTION, SourceFailed
from lambent.sources.rabbit_events import Delivery

_SECONDS = 20.0
_PORTS = {"amqp": 5672, "amqps": 5671}


class LinkError(SourceFailed):
    """The broker cannot be used."""


class Target(msgspec.Struct, frozen=True):
    """What is read: a queue of a virtual host of the broker at `url` (`amqps://host:port`); `prefetch` messages at
    most are here and not acknowledged."""

    url: str
    virtual_host: str
    username: str
    password: str
    queue: str
    prefetch: int


def installed() -> bool:
    """Whether the client is there."""
    return importlib.util.find_spec("pika") is not None


class RabbitLink:
    """Use with `async with`; leaving gives back what was not acknowledged. `arrived` is set by whatever happens."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._pika: Any = importlib.import_module("pika")
        self._adapter: Any = importlib.import_module("pika.adapters.asyncio_connection")
        logging.getLogger("pika").setLevel(logging.CRITICAL)  # what fails is said here, once
        self._waiting: deque[Delivery] = deque()
        self._failure: LinkError | None = None
        self._channel: Any = None
        self._connection: Any = None
        self.arrived = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._closed = asyncio.Event()
        try:
            async with asyncio.timeout(_SECONDS):
                await self._open()
        except TimeoutError:
            self._end()
            raise LinkError(f"{self._target.url} does not answer", NO_CONNECTION) from None
        except BaseException:
            self._end()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._end()
        try:
            async with asyncio.timeout(_SECONDS):
                await self._closed.wait()
        except TimeoutError:
            return

    def take(self) -> Delivery | None:
        """A message, if one has come. Raises LinkError when none can come any more."""
        if self._waiting:
            return self._waiting.popleft()
        if self._failure is not None:
            raise self._failure
        return None

    def put_back(self, delivery: Delivery) -> None:
        """The next to be taken."""
        self._waiting.appendleft(delivery)

    def done(self, tags: list[int]) -> None:
        """Messages are dealt with. Raises LinkError."""
        self._answered(self._channel.basic_ack, tags)

    def failed(self, tags: list[int]) -> None:
        """Messages are to come again. Raises LinkError."""
        self._answered(self._channel.basic_nack, tags)

    def _answered(self, answer: Any, tags: list[int]) -> None:
        if self._failure is not None:
            raise self._failure
        for tag in tags:
            answer(tag)

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        self._told: asyncio.Future[Any] = loop.create_future()
        target, address = self._target, urlsplit(self._target.url)
        secure = address.scheme == "amqps"
        parameters = self._pika.ConnectionParameters(
            host=address.hostname,
            port=address.port or _PORTS[address.scheme],
            virtual_host=target.virtual_host,
            credentials=self._pika.PlainCredentials(target.username, target.password),
            ssl_options=self._pika.SSLOptions(ssl.create_default_context(), address.hostname) if secure else None,
            client_properties={"connection_name": "lambent"},
        )
        self._connection = self._adapter.AsyncioConnection(
            parameters,
            on_open_callback=self._answer,
            on_open_error_callback=self._lost,
            on_close_callback=self._lost,
            custom_ioloop=loop,
        )
        await self._told
        self._channel = await self._asked(lambda tell: self._connection.channel(on_open_callback=tell))
        self._channel.add_on_close_callback(self._lost)
        await self._asked(lambda tell: self._channel.queue_declare(target.queue, passive=True, callback=tell))
        await self._asked(lambda tell: self._channel.basic_qos(prefetch_count=target.prefetch, callback=tell))
        self._channel.basic_consume(target.queue, self._came)

    async def _asked(self, ask: Any) -> Any:
        self._told = asyncio.get_running_loop().create_future()
        ask(self._answer)
        return await self._told

    def _answer(self, answer: Any) -> None:
        if not self._told.done():
            self._told.set_result(answer)

    def _came(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        given = {name: value for name, value in vars(properties).items() if value is not None}
        self._waiting.append(Delivery(method.delivery_tag, method.redelivered, given, body))
        self.arrived.set()

    def _lost(self, connection: Any, reason: Any) -> None:
        """The connection or the channel has ended, whoever ended it."""
        faults = self._pika.exceptions
        result = NO_CONNECTION
        if isinstance(reason, faults.ProbableAuthenticationError | faults.ProbableAccessDeniedError):
            result = "PROBLEM: The broker does not accept the credentials."
        elif isinstance(reason, faults.ChannelClosedByBroker):
            result = f"PROBLEM: The broker refused to show the queue: {reason.reply_text}"
        said = str(reason) or type(reason).__name__
        self._failure = self._failure or LinkError(f"{self._target.url}: {said}", result)
        self._waiting.clear()  # the broker gives them to somebody else
        self.arrived.set()
        if not self._told.done():
            self._told.set_exception(self._failure)
        if self._connection is None or self._connection.is_closed:
            self._closed.set()
        else:
            self._end()

    def _end(self) -> None:
        if self._connection is not None and not (self._connection.is_closing or self._connection.is_closed):
            self._connection.close()
        elif self._connection is None or self._connection.is_closed:
            self._closed.set()
