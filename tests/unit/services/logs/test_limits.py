"""Limits that depend on each other."""

from __future__ import annotations

from lambent.services.logs import limits


def test_limits() -> None:
    assert len(limits.RETENTIONS) == 22 and {1, 3653} <= limits.RETENTIONS
    assert limits.DAY_MS == 24 * limits.HOUR_MS == 24 * 60 * limits.MINUTE_MS
    assert limits.EVENT_BYTES <= limits.BATCH_BYTES
