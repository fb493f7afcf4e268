"""CBOR: RFC 8949's examples, round trips, and hostile bytes."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.wire.cbor import decode, encode
from lambent.wire.request import WireError

# From appendix A of RFC 8949.
EXAMPLES: list[tuple[Any, str]] = [
    (0, "00"),
    (23, "17"),
    (24, "1818"),
    (1000, "1903e8"),
    (1000000, "1a000f4240"),
    (18446744073709551615, "1bffffffffffffffff"),
    (-1, "20"),
    (-1000, "3903e7"),
    (1.1, "fb3ff199999999999a"),
    (False, "f4"),
    (None, "f6"),
    (datetime(2013, 3, 21, 20, 4, tzinfo=UTC), "c11a514b67b0"),
    (datetime(2013, 3, 21, 20, 4, 0, 500_000, tzinfo=UTC), "c1fb41d452d9ec200000"),
    (b"\x01\x02\x03\x04", "4401020304"),
    ("IETF", "6449455446"),
    ("水", "63e6b0b4"),
    ([1, [2, 3]], "8201820203"),
    ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
]


@pytest.mark.parametrize(("tree", "coded"), EXAMPLES)
def test_examples_of_the_rfc(tree: Any, coded: str) -> None:
    assert encode(tree).hex() == coded
    assert decode(bytes.fromhex(coded)) == tree


@pytest.mark.parametrize(
    ("coded", "tree"),
    [
        ("f93c00", 1.0),
        ("f97c00", math.inf),
        ("fa47c35000", 100000.0),
        ("f7", None),
        ("5f42010243030405ff", b"\x01\x02\x03\x04\x05"),
        ("7f657374726561646d696e67ff", "streaming"),
        ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]),
        ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}),
    ],
)
def test_other_spellings_are_read(coded: str, tree: Any) -> None:
    assert decode(bytes.fromhex(coded)) == tree


trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 64), (1 << 64) - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(lambda d: d.replace(microsecond=0, tzinfo=UTC)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(trees)
def test_trees_survive(tree: Any) -> None:
    assert decode(encode(tree)) == tree


@given(st.binary(max_size=60))
def test_any_bytes_are_a_tree_or_refused(body: bytes) -> None:
    try:
        decode(body)
    except WireError as error:
        assert error.code == "SerializationException"


@pytest.mark.parametrize(
    "coded",
    [
        "",
        "18",
        "1c",
        "9bffffffffffffffff",
        "5bffffffffffffffff",
        "a1",
        "a10102",
        "c00a",
        "c2410a",
        "c16161",
        "62c328",
        "f8ff",
        "ff",
        "0000",
        "5f6161ff",
        "5f5f",
        "81" * 1000,
    ],
)
def test_broken_bytes_are_refused(coded: str) -> None:
    with pytest.raises(WireError):
        decode(bytes.fromhex(coded))


def test_what_has_no_place_is_our_mistake() -> None:
    for value in (object(), 1 << 70):
        with pytest.raises(ValueError, match="no place in CBOR"):
            encode(value)
