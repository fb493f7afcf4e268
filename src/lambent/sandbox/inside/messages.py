"""What platform, launcher and supervisor say to each other: one JSON object a message, with descriptors.

A sequenced-packet socket keeps the boundaries. A message has at most `LARGEST` bytes and `MOST_DESCRIPTORS`
descriptors; anything else is a broken peer.
"""

from __future__ import annotations

import array
import json
import os
import socket
from typing import Any, Dict, List, NamedTuple, Sequence

LARGEST = 128 * 1024
MOST_DESCRIPTORS = 8
_INT = array.array("i").itemsize


class Broken(Exception):
    """The peer sent what is no message, or cannot be sent to."""


class Message(NamedTuple):
    """A received message; whoever takes it owns `descriptors`."""

    body: Dict[str, Any]
    descriptors: List[int]


def pair() -> "tuple[socket.socket, socket.socket]":
    """Two connected ends, blocking, closed on exec."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(link: socket.socket, body: Dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send one message; the descriptors stay the caller's. Raises Broken, BlockingIOError (non-blocking link)."""
    data = json.dumps(body).encode()
    if len(data) > LARGEST:
        raise Broken("a message of %d bytes" % len(data))
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    try:
        link.sendmsg([data], rights, socket.MSG_NOSIGNAL)
    except BlockingIOError:
        raise
    except OSError as error:
        raise Broken(str(error)) from error


def receive(link: socket.socket) -> "Message | None":
    """The next message, or None when the peer is gone. Raises Broken, BlockingIOError (non-blocking link)."""
    try:
        data, ancillary, flags, _ = link.recvmsg(
            LARGEST + 1, socket.CMSG_SPACE(MOST_DESCRIPTORS * _INT), socket.MSG_CMSG_CLOEXEC
        )
    except BlockingIOError:
        raise
    except OSError:
        return None
    descriptors = array.array("i")
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(payload[: len(payload) - len(payload) % _INT])
    if not data:
        close_all(descriptors)
        return None
    try:
        if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            raise ValueError("too large")
        body = json.loads(data)
        if not isinstance(body, dict):
            raise ValueError("no object")
    except (ValueError, RecursionError) as error:
        close_all(descriptors)
        raise Broken(str(error)) from error
    return Message(body, list(descriptors))


def close_all(descriptors: Sequence[int]) -> None:
    """Close descriptors that nobody wants."""
    for fd in descriptors:
        os.close(fd)
