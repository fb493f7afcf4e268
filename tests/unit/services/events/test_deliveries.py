"""What lies in the outbox."""

from __future__ import annotations

import msgspec
import pytest

from lambent.services.events.deliveries import Delivery, Letter, closed, opened
from lambent.services.events.delivery_errors import Failure
from lambent.services.events.records import Target
from lambent.services.events.retries import Spent
from tests.unit.services.events.conftest import ARN, BUS, QUEUE, SEAL, event

DELIVERY = Delivery(f"{ARN}rule/r", Target(id="t", arn=QUEUE), event())
LETTER = Letter(DELIVERY, Failure("CODE", ""), Spent.AGE, 3)


def test_both_survive_the_store() -> None:
    assert (DELIVERY.line, LETTER.line) == (f"{ARN}rule/r t", f"dead {ARN}rule/r t")
    for each in (DELIVERY, LETTER):
        sealed = closed(SEAL, each)
        assert b"order" not in sealed
        assert opened(SEAL, each.line, sealed) == each


def test_what_a_dead_letter_says() -> None:
    assert LETTER.attributes == {
        "RULE_ARN": ("String", f"{ARN}rule/r"),
        "TARGET_ARN": ("String", QUEUE),
        "ERROR_CODE": ("String", "CODE"),
        "ERROR_MESSAGE": ("String", "CODE"),
        "RETRY_ATTEMPTS": ("Number", "3"),
        "EXHAUSTED_RETRY_CONDITION": ("String", "MaximumEventAgeInSeconds"),
    }


def test_steps_are_told_of_the_bus() -> None:
    step = DELIVERY.step(1.0, "failed", 2, "why", 5.0)
    assert (step.bus, step.rule, step.target, step.attempt, step.next) == (BUS, "r", QUEUE, 3, 5.0)


@pytest.mark.parametrize(
    ("header", "trace"),
    [
        (None, None),
        ("Root=1;Lineage=1:a:0;Sampled=1", "Root=1;Sampled=1"),
        ("Lineage=1:a:0;Root=1", "Root=1"),
        ("Lineage=1:a:0", None),
    ],
)
def test_lineages_end_here(header: str | None, trace: str | None) -> None:
    assert msgspec.structs.replace(DELIVERY, event=event(trace=header)).trace == trace
