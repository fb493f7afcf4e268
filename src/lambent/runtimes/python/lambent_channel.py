"""The runtime's end of the private socket, as the client that awslambdaric's loop talks to.

Runs inside the sandbox, under Python 3.9 and later, next to the function's own code: standard library
and awslambdaric only. The frames are described in `lambent/runtime_api/frames.py`. Everything that a
handler can see (errors, context, marshalling, log lines) is awslambdaric's; this moves bytes.
"""

from __future__ import annotations

import json
import json.encoder
import os
import socket
import struct
import sys
import time
from typing import Any, Callable, Dict, Iterator, Optional, Tuple, Union

from awslambdaric.lambda_runtime_client import InvocationRequest, LambdaRuntimeClient
from awslambdaric.lambda_runtime_marshaller import to_json

INVOKE = 1
CAPTURE = 2
PROCEED = 3
READY = 16
RESPONSE = 17
ERROR = 18
INIT_ERROR = 19
TOO_LARGE = 20
PARKED = 21
CAPTURED = 22
RESTORED = 23
RESTORE_ERROR = 24

MAX_PAYLOAD = 6 * 1024 * 1024 + 100
_MAX_XRAY = 1024 * 1024
_MAX_TEXT = 64 * 1024
_MAX_TYPE = 256
_SEED_BYTES = 48
_READ = 16 * 1024
_JOIN_BELOW = 64 * 1024
_quoted = json.encoder.encode_basestring_ascii
_scanned = json.JSONDecoder().raw_decode  # without the search for blanks, which nobody sends
_HEAD = struct.Struct(">IBI")
_READY_FRAME = struct.pack(">IB", 1, READY)


class ChannelClosed(BaseException):
    """The platform has gone, or hung up. Not an Exception: no handler's `except` may swallow it."""


class Channel:
    """Frames over a connected, blocking stream socket."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(True)
        self._socket.set_inheritable(False)

    def ready(self) -> None:
        """Say that INIT is over."""
        self._send_all(_READY_FRAME)

    def send(self, kind: int, meta: Dict[str, Any], payload: bytes = b"") -> None:
        """Send one frame; a large payload is not copied. Raises ChannelClosed."""
        self.send_text(kind, json.dumps(meta).encode(), payload)

    def send_text(self, kind: int, text: bytes, payload: bytes) -> None:
        """Send one frame whose meta is JSON already. Raises ChannelClosed."""
        head = _HEAD.pack(5 + len(text) + len(payload), kind, len(text)) + text
        if len(payload) < _JOIN_BELOW:
            self._send_all(head + payload)
        else:
            self._send_all(head)
            self._send_all(payload)

    def receive(self) -> Tuple[Dict[str, Any], bytes]:
        """Wait for the next invocation: its meta and its event. Raises ChannelClosed."""
        kind, meta, event = self.receive_any()
        if kind != INVOKE:
            raise ChannelClosed("a frame of kind {}".format(kind))
        return meta, event

    def receive_any(self) -> Tuple[int, Dict[str, Any], bytes]:
        """Wait for the next frame: its kind, meta and payload. Raises ChannelClosed."""
        data = self._read(_READ)
        while len(data) < _HEAD.size:
            data += self._read(_READ)
        length, kind, meta_length = _HEAD.unpack_from(data)
        body = _HEAD.size + meta_length
        while len(data) < body:
            data += self._read(_READ)
        meta, event = _scanned(data[_HEAD.size : body].decode() or "{}")[0], data[body:]
        missing = 4 + length - len(data)
        if missing > 0:
            event = b"".join([event, *self._read_rest(missing)])
        return kind, meta, event

    def _read_rest(self, missing: int) -> Iterator[bytes]:
        while missing > 0:
            try:
                piece = self._socket.recv(missing, socket.MSG_WAITALL)
            except OSError as error:
                raise ChannelClosed(str(error)) from None
            if not piece:
                raise ChannelClosed("hung up inside a frame")
            missing -= len(piece)
            yield piece

    def _read(self, size: int) -> bytes:
        try:
            data = self._socket.recv(size)
        except OSError as error:
            raise ChannelClosed(str(error)) from None
        if not data:
            raise ChannelClosed("hung up")
        return data

    def _send_all(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise ChannelClosed(str(error)) from None


class FramedRuntimeClient(LambdaRuntimeClient):  # type: ignore[misc]
    """awslambdaric's client with every call that would be an HTTP request made a frame instead."""

    def __init__(self, channel: Channel, capture: Optional[Callable[[], bool]] = None) -> None:
        super().__init__(None)
        self._channel = channel
        self._capture = capture
        self._started = False

    def restore_next(self) -> None:
        """Wait until the function goes on: at once, or where it was restored from what is captured here.

        The platform says which. Wherever it goes on after a capture, nothing random is what it was.
        """
        self._channel.send(PARKED, {})
        while True:
            kind, _, _ = self._channel.receive_any()
            if kind == PROCEED:
                return
            if kind != CAPTURE or self._capture is None:
                raise ChannelClosed("a frame of kind {}".format(kind))
            reason = ""
            try:
                if self._capture():
                    self._channel.send(RESTORED, {})
                    _shuffle()
                    return
            except Exception as error:
                reason = str(error) or type(error).__name__
            self._channel.send(CAPTURED, {"reason": reason[:_MAX_TYPE]})

    def report_restore_error(self, restore_error_data: Dict[str, Any]) -> None:
        """Say that an after-restore hook has failed; awslambdaric exits afterwards."""
        payload = _cut(restore_error_data)
        self._channel.send(RESTORE_ERROR, {"type": "Runtime.AfterRestoreError"}, payload)

    def wait_next_invocation(self) -> InvocationRequest:
        """Block until the platform sends an event. The first call ends INIT; later ones need not say so."""
        if not self._started:
            self._started = True
            self._channel.ready()
        meta, event = self._channel.receive()
        return InvocationRequest(
            invoke_id=meta["id"],
            x_amzn_trace_id=meta.get("trace"),
            invoked_function_arn=meta["arn"],
            deadline_time_in_ms=meta["deadline"],
            client_context=meta.get("client"),
            cognito_identity=meta.get("identity"),
            tenant_id=meta.get("tenant"),
            content_type=meta.get("content_type", "application/json"),
            event_body=event,
            invocation_id=None,
        )

    def post_invocation_result(
        self,
        invoke_id: str,
        result_data: Union[str, bytes],
        content_type: str = "application/json",
        invocation_id: Optional[str] = None,
    ) -> None:
        """Answer with what the handler returned, marshalled."""
        payload = result_data if isinstance(result_data, bytes) else result_data.encode("utf-8")
        if content_type == "application/json" and len(payload) <= MAX_PAYLOAD:  # what there is to say but for rarities
            self._channel.send_text(RESPONSE, ('{"id":' + _quoted(invoke_id) + "}").encode(), payload)
            return
        # A marshaller that the function replaced may name no type at all.
        self._answer(RESPONSE, {"id": invoke_id, "content_type": content_type or "application/octet-stream"}, payload)

    def post_invocation_error(
        self,
        invoke_id: str,
        error_response_data: str,
        xray_fault: str,
        invocation_id: Optional[str] = None,
    ) -> None:
        """Answer with the error that awslambdaric made of the handler's exception."""
        meta = {"id": invoke_id, "type": _type_of(error_response_data)}
        if len(xray_fault.encode()) < _MAX_XRAY and len(json.dumps(xray_fault)) < _MAX_XRAY:
            meta["xray"] = xray_fault
        self._answer(ERROR, meta, error_response_data.encode("utf-8"))

    def post_init_error(self, error_response_data: Dict[str, Any], error_type_override: Optional[str] = None) -> None:
        """Say that the handler could not be loaded; awslambdaric exits afterwards."""
        error_type = error_type_override or error_response_data["errorType"]
        self._channel.send(INIT_ERROR, {"type": error_type[:_MAX_TYPE]}, _cut(error_response_data))

    def _answer(self, kind: int, meta: Dict[str, Any], payload: bytes) -> None:
        if len(payload) <= MAX_PAYLOAD:
            self._channel.send(kind, meta, payload)
            return
        sys.stderr.write(
            "[ERROR] [{}] LAMBDA_RUNTIME Failed to post handler success response. Http response code: 413.\n".format(
                int(time.time() * 1000)
            )
        )
        self._channel.send(TOO_LARGE, {"id": meta["id"], "size": len(payload)})


def _shuffle() -> None:
    """Have what would be the same in every restored process differ: TLS keys of OpenSSL, NumPy's global generator, and
    uuid1's own numbers.

    `random` is seeded anew by the hook that it has for forks; os.urandom, and so uuid4 and secrets, keep nothing.
    """
    if "ssl" in sys.modules:
        sys.modules["ssl"].RAND_add(os.urandom(_SEED_BYTES), float(_SEED_BYTES))
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    if "uuid" in sys.modules:
        for name in ("_node", "_last_timestamp", "_generate_time_safe"):
            if hasattr(sys.modules["uuid"], name):
                setattr(sys.modules["uuid"], name, None)


def _cut(error: Dict[str, Any]) -> bytes:
    """An error as JSON, without its trace if it would be too large."""
    payload: bytes = to_json(error).encode("utf-8")
    if len(payload) > MAX_PAYLOAD:
        cut = {"errorMessage": error["errorMessage"][:_MAX_TEXT], "stackTrace": []}
        payload = to_json({**error, **cut}).encode("utf-8")
    return payload


def _type_of(error_response_data: str) -> str:
    try:
        return str(json.loads(error_response_data)["errorType"])[:_MAX_TYPE]
    except (KeyError, TypeError, ValueError):
        return ""
