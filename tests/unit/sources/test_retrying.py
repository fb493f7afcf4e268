"""What becomes of records that have an order."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind
from lambent.sources.retrying import ATTEMPTS_WITH_DESTINATION, Course, Rules


def course(records: str, **rules: Any) -> Course[str]:
    return Course(records, Rules(**rules), float)


def test_all_goes_well() -> None:
    batch = course("123")
    assert batch.piece == "123"
    assert batch.done(3) == ()
    assert batch.piece == ()
    assert course("").piece == ()


def test_without_end() -> None:
    batch = course("123")
    for failures in range(50):
        assert batch.failures == failures
        assert batch.failed() == ()
    assert batch.piece == "123"
    assert batch.given_up() == "123"


def test_so_many_retries() -> None:
    batch = course("123", retries=2)
    assert [batch.failed(), batch.failed(), batch.failed()] == [(), (), "123"]
    assert batch.piece == ()


def test_halves_do_not_count_as_retries_and_keep_their_order() -> None:
    batch = course("12345", retries=0, bisects=True)
    seen, lost = [], []
    while piece := batch.piece:
        seen.append(piece)
        gone = batch.failed() if "3" in piece else batch.done(len(piece))
        lost += gone
    assert seen == ["12345", "12", "345", "3", "45"]
    assert lost == ["3"]


def test_what_is_done_of_a_piece_is_settled() -> None:
    batch = course("1234", retries=1, bisects=True)
    assert batch.done(2) == ()
    assert (batch.piece, batch.failures) == ("34", 1)
    assert batch.done(1) == "4"


def test_age() -> None:
    batch = course("1259", age_seconds=3)
    assert batch.too_old(4.0) == ""
    assert batch.too_old(5.5) == "12"
    assert batch.piece == "59"
    assert batch.too_old(100.0) == "59"
    assert (batch.piece, batch.too_old(100.0)) == ((), ())
    assert course("1").too_old(1e9) == ()


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        ({}, Rules()),
        ({"MaximumRetryAttempts": 0, "MaximumRecordAgeInSeconds": 60}, Rules(0, 60.0)),
        ({"BisectBatchOnFunctionError": True, "MaximumRetryAttempts": -1}, Rules(bisects=True)),
        ({"DestinationConfig": {"OnFailure": {"Destination": "d"}}}, Rules(ATTEMPTS_WITH_DESTINATION)),
    ],
)
def test_as_a_mapping_says(options: dict[str, Any], rules: Rules) -> None:
    mapping = EventSourceMapping("u", "1", "r", SourceKind.KAFKA, "f", "", "", True, MappingState.ENABLED, 1.0, options)
    assert Rules.of(mapping) == rules
