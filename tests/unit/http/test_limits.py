"""The figures that a server starts from."""

from __future__ import annotations

import dataclasses
from math import inf

import pytest

from lambent.http.limits import KIB, Limits


def test_every_limit_is_a_positive_finite_figure() -> None:
    for limit in dataclasses.astuple(Limits()):
        assert 0 < limit < inf


def test_limits_do_not_change_under_a_server() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Limits().header_bytes = 1  # type: ignore[misc]


def test_a_buffer_holds_more_than_one_read_of_a_head() -> None:
    assert Limits().header_bytes >= 64 * KIB
    assert Limits().buffer_bytes >= Limits().header_bytes
