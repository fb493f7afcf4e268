"""How a chain of invocations is counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.services.lambda_ import lineage

A, B = "arn:aws:lambda:us-east-1:000000000000:function:a", "arn:aws:lambda:us-east-1:000000000000:function:b"
MARK_A, MARK_B = lineage.mark(A), lineage.mark(B)
ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


def test_a_mark_is_eight_hex_digits_of_its_own() -> None:
    assert len(MARK_A) == 8 and int(MARK_A, 16) >= 0
    assert MARK_A != MARK_B


@pytest.mark.parametrize("header", [None, "", ROOT, "Lineage=", f"{ROOT};Lineage=x", f"{ROOT};Lineage=1:{MARK_A}"])
def test_a_chain_begins(header: str | None) -> None:
    assert lineage.extended(header, A) == (f"1:{MARK_A}:0", 0)


def test_a_function_that_invokes_itself() -> None:
    header = None
    for turn in range(40):
        text, times = lineage.extended(header, A)
        assert (text, times) == (f"{turn + 1}:{MARK_A}:{turn}", turn)
        header = f"{ROOT};Lineage={text}"


def test_two_that_invoke_each_other() -> None:
    text, header = "", None
    for _ in range(3):
        for function in (A, B):
            text, _ = lineage.extended(header, function)
            header = f"Lineage={text};{ROOT}"
    assert text == f"6:{MARK_A}:2|{MARK_B}:2"
    assert lineage.extended(header, A)[1] == 3


def test_others_are_counted_on() -> None:
    text, times = lineage.extended(f"{ROOT};Lineage=25:a87bd80c:1|68fd508a:5", A)
    assert (text, times) == (f"26:a87bd80c:1|68fd508a:5|{MARK_A}:0", 0)


def test_it_does_not_grow_for_ever() -> None:
    header = None
    for number in range(100):
        text, _ = lineage.extended(header, f"{A}{number}")
        header = f"{ROOT};Lineage={text}"
    assert text.startswith("100:")
    assert len(text) < 400
    assert text.endswith(f"{lineage.mark(f'{A}99')}:0")


@given(st.text(max_size=100) | st.text(alphabet="0123456789abcdef:|;=L ", max_size=80).map(lambda s: f"Lineage={s}"))
def test_whatever_comes(header: str) -> None:
    text, times = lineage.extended(header, A)
    assert times >= 0
    assert lineage.extended(f"{ROOT};Lineage={text}", A)[1] == times + 1
