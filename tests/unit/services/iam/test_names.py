"""ARNs, ids, paths."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.iam import names
from tests.unit.services.lambda_.conftest import CountedIds


def test_ids_look_like_awss() -> None:
    made = names.new_id("AROA", CountedIds())
    assert len(made) == 20
    assert made.startswith("AROA")
    assert made.isalnum()


@pytest.mark.parametrize("path", ["/", "/a/", "/a/b-c.d/"])
def test_paths(path: str) -> None:
    assert names.path_of({"Path": path}) == path


@pytest.mark.parametrize("path", ["a", "/a", "a/", "/a b/", "//ü/"])
def test_no_paths(path: str) -> None:
    with pytest.raises(ApiError) as raised:
        names.path_of({"NewPath": path}, "NewPath")
    assert raised.value.message.startswith("The specified value for newPath is invalid.")


def test_arns() -> None:
    assert names.arn("1", "user", "/a/", "b") == "arn:aws:iam::1:user/a/b"
    with pytest.raises(ApiError):
        names.checked_policy_arn("arn:aws:iam::1:policy/x")
    assert names.checked_policy_arn("arn:aws:iam::aws:policy/x") == "arn:aws:iam::aws:policy/x"
