"""The runtime's end of the socket, in this process: it must agree with `runtime_api.frames` byte for byte."""

from __future__ import annotations

import json
import socket
import struct
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import msgspec
import pytest

from lambent.runtime_api import frames
from lambent.runtime_api.frames import Decoder, Frame, Kind
from lambent.runtimes.python import lambent_channel
from lambent.runtimes.python.lambent_channel import Channel, ChannelClosed, FramedRuntimeClient

EVENT = b'{"id":"i","deadline":5,"arn":"a"}'


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, FramedRuntimeClient]]:
    """The platform's end of a socket, and AWS's client, made ours, on the other."""
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    channel = Channel(theirs.detach())
    with ours, channel._socket:
        yield ours, FramedRuntimeClient(channel)


@pytest.fixture
def platform(ends: tuple[socket.socket, FramedRuntimeClient]) -> socket.socket:
    """The platform's end."""
    return ends[0]


@pytest.fixture
def client(ends: tuple[socket.socket, FramedRuntimeClient]) -> FramedRuntimeClient:
    """The runtime's end."""
    return ends[1]


def sent(platform: socket.socket) -> Frame:
    """The one frame that the client sent."""
    decoder = Decoder()
    while True:
        if found := decoder.feed(platform.recv(1 << 16)):
            assert len(found) == 1
            return found[0]


def event(meta: bytes = EVENT, payload: bytes = b"{}") -> bytes:
    """An INVOKE frame."""
    return frames.encode(Kind.INVOKE, meta, len(payload)) + payload


def test_both_ends_mean_the_same() -> None:
    streams = {Kind.STREAM, Kind.CHUNK, Kind.END}  # which AWS's client for Python cannot do
    for kind in set(Kind) - streams:
        assert getattr(lambent_channel, kind.name) == kind
    assert lambent_channel.MAX_PAYLOAD == frames.MAX_PAYLOAD
    assert frames.encode_ready() == lambent_channel._READY_FRAME


def test_the_first_next_is_said_and_later_ones_are_not(platform: socket.socket, client: FramedRuntimeClient) -> None:
    platform.send(event())
    request = client.wait_next_invocation()
    assert (request.invoke_id, request.deadline_time_in_ms, request.invoked_function_arn) == ("i", 5, "a")
    assert (request.content_type, request.event_body, request.client_context) == ("application/json", b"{}", None)
    assert sent(platform) == Frame(Kind.READY)
    client.post_invocation_result("i", "é", "text/plain")
    answer = sent(platform)
    assert answer == Frame(Kind.RESPONSE, answer.meta, "é".encode())
    assert msgspec.json.decode(answer.meta) == {"id": "i", "content_type": "text/plain"}
    platform.send(event(payload=b"2"))
    assert client.wait_next_invocation().event_body == b"2"
    platform.setblocking(False)
    with pytest.raises(BlockingIOError):
        platform.recv(1)


def test_an_event_in_small_pieces() -> None:
    meta = json.dumps({"id": "i", "deadline": 1, "arn": "a", "client": "c" * 100_000}).encode()
    data = event(meta, b"x" * 100_000)
    pieces = iter([data[i : i + 40_000] for i in range(0, len(data), 40_000)])

    class Dripping:
        def recv(self, size: int, flags: int = 0) -> bytes:
            return next(pieces)

    channel = object.__new__(Channel)
    channel._socket = Dripping()  # type: ignore[assignment]
    received, payload = channel.receive()
    assert len(received["client"]) == 100_000
    assert payload == b"x" * 100_000


def test_error_types_and_causes(platform: socket.socket, client: FramedRuntimeClient) -> None:
    client.post_invocation_error("i", '{"errorType": "E"}', '{"x": 1}')
    assert msgspec.json.decode(sent(platform).meta) == {"id": "i", "type": "E", "xray": '{"x": 1}'}
    client.post_invocation_error("i", '{"errorType": "%s"}' % ("E" * 1000), '"' * 600_000)
    meta = msgspec.json.decode(sent(platform).meta)
    assert (len(meta["type"]), "xray" in meta) == (256, False)
    for odd in ("[]", "{}", "no json", '"text"'):
        client.post_invocation_error("i", odd, "")
        assert msgspec.json.decode(sent(platform).meta)["type"] == ""


def test_init_error_override(platform: socket.socket, client: FramedRuntimeClient) -> None:
    client.post_init_error({"errorType": "E", "errorMessage": "m"}, "Runtime.BeforeSnapshotError")
    frame = sent(platform)
    assert frame.kind is Kind.INIT_ERROR
    assert msgspec.json.decode(frame.meta) == {"type": "Runtime.BeforeSnapshotError"}
    assert json.loads(frame.payload) == {"errorType": "E", "errorMessage": "m"}


def test_a_marshaller_without_a_type(platform: socket.socket, client: FramedRuntimeClient) -> None:
    client.post_invocation_result("i", b"", None)  # type: ignore[arg-type]
    assert msgspec.json.decode(sent(platform).meta)["content_type"] == "application/octet-stream"


@pytest.mark.parametrize("data", [b"", b"\x00\x00", struct.pack(">IBI", 100, 1, 10), struct.pack(">IBI", 5, 17, 0)])
def test_the_platform_going_away_is_no_handler_exception(
    platform: socket.socket, client: FramedRuntimeClient, data: bytes
) -> None:
    platform.send(data)
    platform.shutdown(socket.SHUT_WR)
    with pytest.raises(ChannelClosed):
        client.wait_next_invocation()
    assert not issubclass(ChannelClosed, Exception)


def test_sending_to_a_closed_platform(platform: socket.socket, client: FramedRuntimeClient) -> None:
    platform.close()
    with pytest.raises(ChannelClosed):
        client.post_invocation_result("i", "1")


def order(kind: Kind) -> bytes:
    """A frame without content."""
    return frames.encode(kind, b"{}", 0)


def test_a_parked_runtime_goes_on_at_once_or_is_hung_up_on(
    platform: socket.socket, client: FramedRuntimeClient
) -> None:
    platform.send(order(Kind.PROCEED))
    client.restore_next()
    assert sent(platform) == Frame(Kind.PARKED, b"{}")
    platform.send(order(Kind.CAPTURE))  # it was not given the means
    with pytest.raises(ChannelClosed):
        client.restore_next()


def test_a_capture_is_answered_here_and_where_it_is_restored(
    platform: socket.socket, client: FramedRuntimeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = iter([ValueError("holds a socket open"), False, True])

    def capture() -> bool:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(client, "_capture", capture)
    monkeypatch.setattr(uuid, "_node", 1)
    seeded: list[str] = []
    monkeypatch.setitem(sys.modules, "numpy.random", SimpleNamespace(seed=lambda: seeded.append("anew")))

    def ask() -> list[Frame]:
        found: list[Frame] = []
        decoder = Decoder()
        while not any(frame.kind is Kind.RESTORED for frame in found):
            new = decoder.feed(platform.recv(1 << 16))
            found += new
            if new and new[-1].kind is not Kind.RESTORED:
                platform.send(order(Kind.CAPTURE))
        return found

    with ThreadPoolExecutor() as threads:
        asking = threads.submit(ask)
        client.restore_next()
        parked, unfit, captured, *_ = asking.result()
    assert (parked.kind, unfit.kind, captured.kind) == (Kind.PARKED, Kind.CAPTURED, Kind.CAPTURED)
    assert msgspec.json.decode(unfit.meta) == {"reason": "holds a socket open"}
    assert msgspec.json.decode(captured.meta) == {"reason": ""}
    assert (uuid._node, seeded) == (None, ["anew"])


def test_a_failed_hook(platform: socket.socket, client: FramedRuntimeClient) -> None:
    client.report_restore_error({"errorType": "ValueError", "errorMessage": "m", "stackTrace": []})
    answer = sent(platform)
    assert answer.kind is Kind.RESTORE_ERROR
    assert msgspec.json.decode(answer.meta) == {"type": "Runtime.AfterRestoreError"}
    assert msgspec.json.decode(answer.payload)["errorType"] == "ValueError"
