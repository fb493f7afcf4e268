"""The limits hang together."""

from __future__ import annotations

from lambent.observe.traces.functions import AT_ONCE
from lambent.services.xray import limits


def test_they_hang_together() -> None:
    assert AT_ONCE <= limits.DOCUMENTS
    assert limits.TRACES < limits.PAGE
