"""What comes in at once is bounded by key, and for all functions together."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from lambent.context import Principal
from lambent.gateway.bodies import FUNCTIONS_BYTES, KEY_BYTES, ROOT_BYTES, Bodies
from lambent.model.errors import ApiError

ROOT = Principal("000000000000", "arn:aws:iam::000000000000:root", "AKIA")
MIB = 1024 * 1024


def function(number: int) -> Principal:
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:f{number}"
    return Principal("000000000000", "arn:aws:sts::000000000000:assumed-role/r/f", f"ASIA{number}", arn)


def test_one_key_has_so_much_and_gets_it_back() -> None:
    bodies = Bodies()
    for _ in range(3):
        with ExitStack() as held:
            for _ in range(KEY_BYTES // MIB):
                held.enter_context(bodies.coming(function(1), MIB))
            with pytest.raises(ApiError) as refused, bodies.coming(function(1), 1):
                pass
            assert (refused.value.status, refused.value.code) == (429, "TooManyRequestsException")
            with bodies.coming(function(2), MIB), bodies.coming(ROOT, MIB), bodies.coming(function(1), 0):
                pass


def test_one_body_is_never_too_many() -> None:
    with Bodies().coming(function(1), 10 * KEY_BYTES):
        pass


def test_all_functions_together_leave_room_for_root() -> None:
    bodies = Bodies()
    with ExitStack() as held:
        for number in range(FUNCTIONS_BYTES // KEY_BYTES):
            held.enter_context(bodies.coming(function(number), KEY_BYTES))
        with pytest.raises(ApiError), bodies.coming(function(-1), 1):
            pass
        held.enter_context(bodies.coming(ROOT, ROOT_BYTES))
        with pytest.raises(ApiError), bodies.coming(ROOT, 1):
            pass
    with bodies.coming(function(-1), KEY_BYTES):
        pass


def test_a_body_that_breaks_off_is_counted_no_longer() -> None:
    bodies = Bodies()
    for _ in range(3):
        with pytest.raises(ConnectionError), bodies.coming(function(1), KEY_BYTES):
            raise ConnectionError
