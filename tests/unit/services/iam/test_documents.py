"""Documents that callers send."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.policy.document import Use
from lambent.services.iam import documents
from tests.unit.services.iam.conftest import TRUST, document


def test_a_policy_stays_as_it_was_sent() -> None:
    text = document("s3:*").replace(" ", "  ")
    assert documents.checked(text) is text
    assert documents.checked(TRUST, Use.TRUST) is TRUST


def test_anything_else_is_refused() -> None:
    with pytest.raises(ApiError) as raised:
        documents.checked(TRUST)
    assert (raised.value.code, raised.value.message) == (
        "MalformedPolicyDocument",
        "Policy statement must contain resources.",
    )


def test_white_space_does_not_count() -> None:
    assert documents.length(' { "a" :\n "b" } ') == len('{"a":"b"}')
