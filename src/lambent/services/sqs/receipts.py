"""Receipt handles: which message, received for which time, of which queue. Pure."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

import msgspec

from lambent.services.sqs import errors


def made(box: str, number: int, receives: int) -> str:
    """A handle."""
    return urlsafe_b64encode(msgspec.msgpack.encode((box, number, receives))).decode()


def read(box: str, handle: str) -> tuple[int, int]:
    """Number and receives of a handle of this queue. Raises ApiError."""
    try:
        whose, number, receives = msgspec.msgpack.decode(
            b64decode(handle.encode(), b"-_", validate=True), type=tuple[str, int, int]
        )
    except (Base64Error, ValueError, msgspec.DecodeError):
        raise errors.bad_receipt(handle) from None
    if whose != box:
        raise errors.bad_receipt(handle)
    return number, receives
