"""Netlink messages, and a kernel that refuses them."""

from __future__ import annotations

import errno
import struct

import pytest

from lambent.sandbox import netlink


def test_attributes_are_padded_but_tell_their_true_length() -> None:
    assert netlink.attribute(3, b"abcde") == struct.pack("=HH", 9, 3) + b"abcde" + bytes(3)
    assert netlink.text(3, "abc") == struct.pack("=HH", 8, 3) + b"abc\0"
    inner = netlink.attribute(1, b"four")
    assert netlink.nested(2, inner) == struct.pack("=HH", 12, 0x8002) + inner


def test_a_message_tells_its_length_kind_and_flags() -> None:
    assert netlink.message(16, netlink.ACK, b"body") == struct.pack("=IHHII", 20, 16, 5, 0, 0) + b"body"


def test_the_kernels_refusal_is_an_error() -> None:
    with netlink.Netlink(netlink.ROUTE) as link:
        with pytest.raises(OSError, match=r".") as caught:
            link.ask(netlink.delete_link("lambent-is-not"))
        assert caught.value.errno in (errno.ENODEV, errno.EPERM)
