"""The limits hang together."""

from __future__ import annotations

from lambent.services.kms import limits


def test_they_hang_together() -> None:
    assert limits.PAGE <= limits.PAGE_AT_MOST
    assert limits.DAY == 24 * 3600
