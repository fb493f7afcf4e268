"""What is encrypted with a customer's key of KMS, as it is stored."""

from __future__ import annotations

import msgspec


class Sealed(msgspec.Struct, frozen=True):
    """Sealed bytes, and the data key that opens them, encrypted by KMS."""

    key: bytes
    body: bytes
