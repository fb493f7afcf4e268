"""Which secrets a listing shows."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.secretsmanager.records import Secret
from lambent.services.secretsmanager.searching import in_order, matches, page


def secret(name: str, **more: Any) -> Secret:
    return Secret(name=name, account="1", region="r", uid="u", suffix="s", **({"created": 1.0, "changed": 1.0} | more))


@pytest.mark.parametrize(
    ("key", "values", "fits"),
    [
        ("name", ["prod/"], True),
        ("name", ["db"], False),
        ("name", ["db", "prod"], True),
        ("name", ["!prod"], False),
        ("description", ["pass the"], True),
        ("description", ["pass away"], False),
        ("tag-key", ["te"], True),
        ("tag-value", ["green"], False),
        ("all", ["blu"], True),
        ("owning-service", ["rds"], False),
    ],
)
def test_filters(key: str, values: list[str], fits: bool) -> None:
    one = secret("prod/db", description="The pass", tags={"team": "blue"})
    assert matches(one, [{"Key": key, "Values": values}]) is fits
    assert matches(one, [{"Key": "name", "Values": ["prod"]}, {"Key": key, "Values": values}]) is fits


def test_order() -> None:
    secrets = [secret("b", created=2.0, changed=9.0), secret("a", created=3.0, changed=8.0)]
    for params, names in (
        ({}, "ab"),
        ({"SortBy": "name"}, "ab"),
        ({"SortBy": "name", "SortOrder": "desc"}, "ba"),
        ({"SortBy": "last-changed-date"}, "ab"),
        ({"SortOrder": "asc"}, "ba"),
    ):
        assert "".join(each.name for each in in_order(secrets, params)) == names


def test_pages() -> None:
    first, more = page("abcde", {"MaxResults": 2}, 100)
    second, rest = page("abcde", {"MaxResults": 3, **more}, 100)
    assert (first, second, rest) == ("ab", "cde", {})
    with pytest.raises(ApiError, match="The NextToken value is invalid"):
        page("abc", {"NextToken": "?"}, 100)
