"""Event streams out: events of the model to frames and back.

What an event is worth (its headers, its payload, whether it is an exception) is the model's to say;
framing is `wire.frames`'s. Streams towards a server are not served.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any

from lambent.wire.body import content_type, read_body, write_body
from lambent.wire.frames import Message, MessageDecoder, encode_message
from lambent.wire.model import ServiceModel
from lambent.wire.request import WireError
from lambent.wire.shape import Shape

_SCALAR_TYPES = {"blob": "application/octet-stream", "string": "text/plain"}


def encode_event(service: ServiceModel, protocol: str, stream: Shape, event: Mapping[str, Any]) -> bytes:
    """One frame. `stream` is the event-stream shape, `event` maps the kind of event to its members.

    An event whose shape is an exception becomes an exception message. Raises ValueError for an
    unknown kind or for more than one.
    """
    ((kind, members),) = event.items()
    if kind not in stream.members:
        raise ValueError(f"{stream.name} has no event {kind!r}")
    shape = stream.members[kind]
    what = "exception" if shape.traits.exception else "event"
    headers: dict[str, Any] = {f":{what}-type": kind}
    rest = dict(members)
    for name, member in shape.members.items():
        if member.traits.eventheader and (value := rest.pop(name, None)) is not None:
            headers[name] = value
    payload, type_ = _payload(service, protocol, shape, rest)
    if type_:
        headers[":content-type"] = type_
    headers[":message-type"] = what
    return encode_message(headers, payload)


def encode_failure(code: str, message: str) -> bytes:
    """The frame that ends a stream with an error that the model does not know."""
    return encode_message({":error-code": code, ":error-message": message, ":message-type": "error"}, b"")


def _payload(service: ServiceModel, protocol: str, shape: Shape, values: Mapping[str, Any]) -> tuple[bytes, str | None]:
    for name, member in shape.members.items():
        if member.traits.eventpayload:
            value = values.get(name)
            if member.type in _SCALAR_TYPES:
                raw = value.encode() if isinstance(value, str) else bytes(value or b"")
                return raw, _SCALAR_TYPES[member.type]
            return write_body(protocol, member, value or {}), content_type(service, protocol)
    if not shape.members:
        return b"", None
    return write_body(protocol, shape, values), content_type(service, protocol)


def initial_response(service: ServiceModel, protocol: str, shape: Shape, values: Mapping[str, Any]) -> bytes:
    """The first frame of a stream in the RPC protocols: the members that are not the stream."""
    return encode_message(
        {
            ":event-type": "initial-response",
            ":content-type": content_type(service, protocol),
            ":message-type": "event",
        },
        write_body(protocol, shape, values),
    )


def encode_stream(
    service: ServiceModel,
    protocol: str,
    stream: Shape,
    events: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
    first: bytes = b"",
) -> Iterator[bytes] | AsyncIterator[bytes]:
    """The frames of `events`, as they come; asynchronous if the events are. `first` goes ahead."""
    if isinstance(events, AsyncIterable):
        return _Later(partial(encode_event, service, protocol, stream), events, first)
    return _encode_now(service, protocol, stream, events, first)


def _encode_now(
    service: ServiceModel, protocol: str, stream: Shape, events: Iterable[Mapping[str, Any]], first: bytes
) -> Iterator[bytes]:
    if first:
        yield first
    for event in events:
        yield encode_event(service, protocol, stream, event)


class _Later:
    """Frames of events that are still to come, after `first`. Closing it closes where they come from, begun or not."""

    def __init__(
        self, encode: Callable[[Mapping[str, Any]], bytes], events: AsyncIterable[Mapping[str, Any]], first: bytes
    ) -> None:
        self._encode = encode
        self._events = aiter(events)
        self._first = first

    def __aiter__(self) -> _Later:
        return self

    async def __anext__(self) -> bytes:
        if self._first:
            first, self._first = self._first, b""
            return first
        return self._encode(await anext(self._events))

    async def aclose(self) -> None:
        """Nobody wants the rest."""
        if (close := getattr(self._events, "aclose", None)) is not None:
            await close()


def decode_event(protocol: str, stream: Shape, message: Message) -> dict[str, Any]:
    """The event in a message, `{kind: members}`; empty for a kind that the model does not know.

    Raises WireError with the code of an exception or error message.
    """
    headers = message.headers
    match headers.get(":message-type"):
        case "error":
            raise WireError(str(headers.get(":error-code", "")), str(headers.get(":error-message", "")))
        case "exception":
            kind = str(headers.get(":exception-type", ""))
            values = _values(protocol, stream.members[kind], message) if kind in stream.members else {}
            raise WireError(kind, str(values.get("message") or values.get("Message") or ""))
    kind = str(headers.get(":event-type", ""))
    return {kind: _values(protocol, stream.members[kind], message)} if kind in stream.members else {}


def _values(protocol: str, shape: Shape, message: Message) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, member in shape.members.items():
        if member.traits.eventheader and name in message.headers:
            values[name] = message.headers[name]
    for name, member in shape.members.items():
        if member.traits.eventpayload:
            if member.type == "blob":
                values[name] = message.payload
            elif member.type == "string":
                values[name] = message.payload.decode("utf-8", "replace")
            else:
                values[name] = read_body(protocol, member, message.payload)
            return values
    if message.payload:
        values.update(read_body(protocol, shape, message.payload))
    return values


def decode_stream(protocol: str, stream: Shape, chunks: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The events in the bytes of a response, as they come. Raises WireError."""
    return _events(protocol, stream, _messages(chunks))


def open_stream(protocol: str, shape: Shape, chunks: Iterable[bytes]) -> dict[str, Any]:
    """The result of an RPC protocol whose `shape` has a stream: its other members come in the first frame,
    which is awaited here; the stream itself is an iterator of events. Raises WireError."""
    assert shape.event_stream is not None
    name, stream = shape.event_stream
    messages = _messages(chunks)
    first = next(messages, None)
    result: dict[str, Any] = {}
    if first is not None and first.headers.get(":event-type") == "initial-response":
        result = read_body(protocol, shape, first.payload) if first.payload else {}
        first = None
    result[name] = _events(protocol, stream, messages if first is None else chain((first,), messages))
    return result


def _messages(chunks: Iterable[bytes]) -> Iterator[Message]:
    decoder = MessageDecoder()
    for chunk in chunks:
        yield from decoder.feed(chunk)
    decoder.close()


def _events(protocol: str, stream: Shape, messages: Iterable[Message]) -> Iterator[dict[str, Any]]:
    for message in messages:
        if event := decode_event(protocol, stream, message):
            yield event
