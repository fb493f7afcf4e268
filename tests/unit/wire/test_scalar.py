"""Scalars as text, both ways, and what is refused."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.wire.request import WireError
from lambent.wire.scalar import (
    float_or_name,
    read_blob,
    read_boolean,
    read_number,
    read_text,
    read_timestamp,
    timestamp_number,
    write_blob,
    write_text,
    write_timestamp,
)

MOMENT = datetime(2024, 2, 29, 12, 0, 1, 250_000, tzinfo=UTC)
moments = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("iso8601", "2024-02-29T12:00:01.250Z"),
        ("rfc822", "Thu, 29 Feb 2024 12:00:01 GMT"),
        ("unixTimestamp", "1709208001.25"),
    ],
)
def test_timestamps_have_three_styles(style: str, text: str) -> None:
    assert write_timestamp(MOMENT, style) == text
    expected = MOMENT.replace(microsecond=0) if style == "rfc822" else MOMENT
    assert read_timestamp(text, style) == expected


def test_whole_seconds_have_no_fraction() -> None:
    assert write_timestamp(0, "iso8601") == "1970-01-01T00:00:00Z"
    assert timestamp_number(MOMENT.replace(microsecond=0)) == 1709208001
    assert write_timestamp(1.5, "iso8601") == "1970-01-01T00:00:01.500Z"


def test_zones_become_utc() -> None:
    there = MOMENT.astimezone(timezone(timedelta(hours=-5)))
    assert write_timestamp(there, "iso8601") == "2024-02-29T12:00:01.250Z"
    assert read_timestamp("2024-02-29T07:00:01.25-05:00", None) == MOMENT
    assert read_timestamp("2024-02-29T12:00:01", None) == MOMENT.replace(microsecond=0)


@pytest.mark.parametrize("value", ["", "yesterday", "2024-13-01T00:00:00Z", True, None, [], 1e300, math.nan, -1e30])
def test_what_is_no_timestamp_is_refused(value: object) -> None:
    with pytest.raises(WireError) as caught:
        read_timestamp(value, None)
    assert caught.value.code == "SerializationException"


@given(moments)
def test_timestamps_survive_text_and_number(moment: datetime) -> None:
    assert read_timestamp(write_timestamp(moment, "iso8601"), "iso8601") == moment
    near = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    if 1900 < near.year < 2200:
        assert read_timestamp(timestamp_number(near), None) == near


@given(st.binary())
def test_blobs_survive_base64(data: bytes) -> None:
    assert read_blob(write_blob(data)) == data


@pytest.mark.parametrize("text", ["a", "$$$$", "YQ==YQ=", "ü"])
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(WireError):
        read_blob(text)


def test_numbers() -> None:
    assert read_number(" 5 ", "integer") == 5
    assert read_number("-Infinity", "double") == -math.inf
    assert math.isnan(read_number("NaN", "float"))
    for text, kind in [("five", "integer"), ("5.5", "long"), ("9" * 30, "long"), ("9" * 9999, "long"), ("x", "double")]:
        with pytest.raises(WireError):
            read_number(text, kind)


def test_floats_that_are_no_numbers_have_names() -> None:
    assert [float_or_name(x) for x in (1.5, math.inf, -math.inf)] == [1.5, "Infinity", "-Infinity"]
    assert float_or_name(math.nan) == "NaN"
    assert write_text("double", math.inf, "") == "Infinity"


def test_booleans() -> None:
    assert [read_boolean(text) for text in ("true", "FALSE", " True ")] == [True, False, True]
    with pytest.raises(WireError):
        read_boolean("yes")
    assert write_text("boolean", True, "") == "true"


def test_a_structure_cannot_be_read_from_text() -> None:
    with pytest.raises(WireError):
        read_text("structure", "x", None)
