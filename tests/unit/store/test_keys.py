"""Where a prefix ends, and which keys no store takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.store.base import Write
from lambent.store.keys import check_writes, prefix_end

HIGHEST = "\U0010ffff"


@pytest.mark.parametrize(
    ("prefix", "end"),
    [
        ("a", "b"),
        ("a/", "a0"),
        ("az", "a{"),
        ("\x7f", "\x80"),
        ("é", "ê"),
        ("￿", "\U00010000"),
        ("a\ud7ff", "a\ue000"),
        ("a" + HIGHEST, "b"),
        ("a" + HIGHEST * 3, "b"),
        ("", None),
        (HIGHEST, None),
        (HIGHEST * 2, None),
    ],
)
def test_the_end_of_a_prefix(prefix: str, end: str | None) -> None:
    assert prefix_end(prefix) == end


TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(["\ud7ff", HIGHEST, "/", "0"]), max_size=4)


@given(prefix=TEXT, other=TEXT, rest=TEXT)
def test_a_text_is_below_the_end_exactly_if_it_starts_with_the_prefix(prefix: str, other: str, rest: str) -> None:
    end = prefix_end(prefix)
    for text in (other, prefix + rest):
        inside = text >= prefix and (end is None or text < end)
        assert inside == text.startswith(prefix)


@given(TEXT)
def test_utf8_can_hold_the_end_of_a_prefix(prefix: str) -> None:
    (prefix_end(prefix) or "").encode()


def test_keys_are_text_that_utf8_can_hold_each_once() -> None:
    check_writes([])
    check_writes([Write("a", b""), Write("\x00", None), Write(HIGHEST, b"")])
    for refused in ([Write("", b"")], [Write("a\udc00", b"")], [Write("a", b""), Write("a", None)]):
        with pytest.raises(ValueError):
            check_writes(refused)
