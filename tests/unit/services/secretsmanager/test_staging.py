"""Staging labels."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.secretsmanager.staging import added, moved, removed


def test_a_label_is_in_one_place() -> None:
    versions = added((), "a", ["AWSCURRENT", "X"], 1.0)
    versions = added(versions, "b", ["X"], 2.0)
    assert [(each.id, each.stages) for each in versions] == [("a", ("AWSCURRENT",)), ("b", ("X",))]
    versions = moved(versions, "b", ["AWSCURRENT"])
    assert [each.stages for each in versions] == [("AWSPREVIOUS",), ("X", "AWSCURRENT")]
    assert [each.stages for each in moved(versions, "a", ["AWSCURRENT"])] == [("AWSCURRENT",), ("X", "AWSPREVIOUS")]
    assert [each.stages for each in removed(versions, "X")] == [("AWSPREVIOUS",), ("AWSCURRENT",)]


def test_limits() -> None:
    with pytest.raises(ApiError, match="You can't have more than 20 staging labels on a version"):
        added((), "a", [str(number) for number in range(21)], 1.0)
    versions = ()
    for number in range(100):
        versions = added(versions, str(number), [f"label {number}"], 1.0)
    with pytest.raises(ApiError, match="You can't have more than 100 versions with staging labels"):
        added(versions, "more", ["X"], 1.0)
