"""Netlink spoken plainly: messages made of attributes, a socket that sends them and hears the verdict.

Only what `network` and `firewall` need. A socket stays in the network namespace in which it was made.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import Final, Self

ROUTE: Final = 0
NETFILTER: Final = 12

REQUEST, ACK, REPLACE, EXCLUSIVE, CREATE = 0x1, 0x4, 0x100, 0x200, 0x400
NEW_LINK, DELETE_LINK, NEW_ADDRESS, NEW_ROUTE = 16, 17, 20, 24

_ERROR = 2
_HEADER = struct.Struct("=IHHII")
_NESTED = 0x8000
_SECONDS = 5.0
_UP = 1
_IPV4 = 2
_SCOPE_UNIVERSE, _SCOPE_LINK = 0, 253
_TABLE_MAIN, _PROTOCOL_STATIC, _UNICAST = 254, 4, 1
_IFNAME, _LINKINFO, _NET_NS_FD = 3, 18, 28
_INFO_KIND, _INFO_DATA, _VETH_PEER = 1, 2, 1


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, padded to four bytes."""
    length = 4 + len(value)
    return struct.pack("=HH", length, kind) + value + bytes(-length % 4)


def nested(kind: int, *attributes: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | _NESTED, b"".join(attributes))


def text(kind: int, value: str) -> bytes:
    """A string attribute, ended by a zero."""
    return attribute(kind, value.encode() + b"\0")


def message(kind: int, flags: int, body: bytes, sequence: int = 0) -> bytes:
    """A message with its header; `flags` beside REQUEST."""
    return _HEADER.pack(_HEADER.size + len(body), kind, REQUEST | flags, sequence, 0) + body


def veth(name: str, peer: str, peer_namespace: int) -> bytes:
    """Make a pair: `name` here, up, and `peer` in the network namespace of that descriptor. EEXIST if it is there."""
    other = _link() + text(_IFNAME, peer) + attribute(_NET_NS_FD, struct.pack("=I", peer_namespace))
    info = nested(_LINKINFO, text(_INFO_KIND, "veth"), nested(_INFO_DATA, attribute(_VETH_PEER, other)))
    return message(NEW_LINK, ACK | CREATE | EXCLUSIVE, _link(0, _UP) + text(_IFNAME, name) + info)


def link_up(index: int) -> bytes:
    """Bring a link up."""
    return message(NEW_LINK, ACK, _link(index, _UP))


def delete_link(name: str) -> bytes:
    """Take a link away, and its peer with it. ENODEV if there is none."""
    return message(DELETE_LINK, ACK, _link() + text(_IFNAME, name))


def address(index: int, ip: str, prefix: int = 32) -> bytes:
    """Give a link an IPv4 address."""
    value = socket.inet_aton(ip)
    body = struct.pack("=BBBBI", _IPV4, prefix, 0, _SCOPE_UNIVERSE, index)
    return message(NEW_ADDRESS, ACK | CREATE | EXCLUSIVE, body + attribute(1, value) + attribute(2, value))


def route(index: int, to: str | None, gateway: str | None = None) -> bytes:
    """Send what is for the host `to` (None: for everybody else) to a link, by way of `gateway` if there is one."""
    scope = _SCOPE_LINK if gateway is None else _SCOPE_UNIVERSE
    body = struct.pack(
        "=BBBBBBBBI", _IPV4, 0 if to is None else 32, 0, 0, _TABLE_MAIN, _PROTOCOL_STATIC, scope, _UNICAST, 0
    )
    if to is not None:
        body += attribute(1, socket.inet_aton(to))
    if gateway is not None:
        body += attribute(5, socket.inet_aton(gateway))
    return message(NEW_ROUTE, ACK | CREATE | REPLACE, body + attribute(4, struct.pack("=I", index)))


def _link(index: int = 0, flags: int = 0) -> bytes:
    return struct.pack("=BBHiII", 0, 0, 0, index, flags, flags)


class Netlink:
    """A netlink socket of the calling thread's network namespace."""

    def __init__(self, protocol: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self._socket.settimeout(_SECONDS)
        self._socket.bind((0, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Idempotent."""
        self._socket.close()

    def ask(self, sent: bytes, answers: int = 1) -> None:
        """Send messages of which `answers` ask for an acknowledgement. Raises OSError, the first refusal."""
        self._socket.send(sent)
        refused = 0
        while answers > 0:
            received = self._socket.recv(1 << 16)
            while received:
                length, kind, _, _, _ = _HEADER.unpack_from(received)
                if kind == _ERROR:
                    (code,) = struct.unpack_from("=i", received, _HEADER.size)
                    refused = refused or -code
                    answers -= 1
                received = received[(length + 3) & ~3 :]
            if refused:
                raise OSError(refused, os.strerror(refused))
