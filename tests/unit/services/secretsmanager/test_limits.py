"""The limits hang together."""

from __future__ import annotations

from lambent.services.secretsmanager import limits


def test_they_hang_together() -> None:
    assert limits.RECOVERY_DAYS_LEAST < limits.RECOVERY_DAYS
    assert limits.PASSWORD_LENGTH <= limits.PASSWORD_LENGTH_MOST
    assert limits.BATCH <= limits.PAGE
