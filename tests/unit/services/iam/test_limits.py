"""The limits hang together."""

from __future__ import annotations

from lambent.services.iam import limits


def test_they_hang_together() -> None:
    assert limits.PAGE <= limits.PAGE_AT_MOST
    assert set(limits.INLINE_CHARACTERS) == {"user", "role", "group"}
