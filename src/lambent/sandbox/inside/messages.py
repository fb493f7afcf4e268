"""What platform, launcher and supervisor say to each other: one JSON object a message, with descriptors.

A sequenced-packet socket keeps the boundaries. A message has at most `LARGEST` bytes and `MOST_DESCRIPTORS`
descriptors; anything else is a broken peer.
"""

from __future__ import annotations

import _socket
import array
import json
import os
import socket
from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

LARGEST = 128 * 1024
MOST_DESCRIPTORS = 8
_INT = array.array("i").itemsize
_scan: "Callable[[str, int], Tuple[Any, int]]" = vars(json.JSONDecoder())["scan_once"]
_encode = json.JSONEncoder().encode


class Broken(Exception):
    """The peer sent what is no message, or cannot be sent to."""


class Message(NamedTuple):
    """A received message; whoever takes it owns `descriptors`."""

    body: Dict[str, Any]
    descriptors: List[int]


def pair() -> "tuple[socket.socket, socket.socket]":
    """Two connected ends, blocking, closed on exec."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(link: _socket.socket, body: Dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send one message; the descriptors stay the caller's. Raises Broken, BlockingIOError (non-blocking link)."""
    data = _encode(body).encode()
    if len(data) > LARGEST:
        raise Broken("a message of %d bytes" % len(data))
    rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    try:
        link.sendmsg([data], rights, _socket.MSG_NOSIGNAL)
    except BlockingIOError:
        raise
    except OSError as error:
        raise Broken(str(error)) from error


def receive(link: _socket.socket) -> "Message | None":
    """The next message, or None when the peer is gone. Raises Broken, BlockingIOError (non-blocking link)."""
    try:
        data, ancillary, flags, _ = link.recvmsg(
            LARGEST + 1, _socket.CMSG_SPACE(MOST_DESCRIPTORS * _INT), _socket.MSG_CMSG_CLOEXEC
        )
    except BlockingIOError:
        raise
    except OSError:
        return None
    descriptors = array.array("i")
    for level, kind, payload in ancillary:
        if level == _socket.SOL_SOCKET and kind == _socket.SCM_RIGHTS:
            descriptors.frombytes(payload[: len(payload) - len(payload) % _INT])
    if not data:
        close_all(descriptors)
        return None
    try:
        if flags & (_socket.MSG_TRUNC | _socket.MSG_CTRUNC):
            raise ValueError("too large")
        body, end = _scan(text := data.decode(), 0)
        if not isinstance(body, dict) or end < len(text):
            raise ValueError("no object")
    except (ValueError, RecursionError, StopIteration) as error:
        close_all(descriptors)
        raise Broken(str(error)) from error
    return Message(body, list(descriptors))


def close_all(descriptors: Sequence[int]) -> None:
    """Close descriptors that nobody wants."""
    for fd in descriptors:
        os.close(fd)
