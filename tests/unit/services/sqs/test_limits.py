"""The limits hang together."""

from __future__ import annotations

from lambent.services.sqs import limits


def test_they_hang_together() -> None:
    for least, most, usual in limits.NUMBERS.values():
        assert least <= int(usual) <= most
