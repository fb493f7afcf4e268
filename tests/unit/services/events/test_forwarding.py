"""Events in the hands of calls."""

from __future__ import annotations

from lambent.services.events.forwarding import Forwarding
from tests.unit.services.events.conftest import event


def test_an_event_belongs_to_one_call_as_long_as_that_lasts() -> None:
    forwarding = Forwarding()
    with forwarding.lend("request", event()):
        assert forwarding.of("request") == event()
        assert forwarding.of("another") is None
    assert forwarding.of("request") is None
