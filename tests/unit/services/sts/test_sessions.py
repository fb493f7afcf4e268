"""What sessions have in common."""

from __future__ import annotations

import pytest

from lambent.invoke.base import Credentials
from lambent.model.errors import ApiError
from lambent.services.sts.sessions import PACKED_BYTES, packed, shown_credentials
from tests.unit.services.iam.conftest import document


def test_how_much_they_carry() -> None:
    assert packed((), {}) == 0
    assert packed(("x" * (PACKED_BYTES // 2),), {}) == 50
    assert packed((), {"k": "v"}) == 1
    with pytest.raises(ApiError) as raised:
        packed((document("s3:" + "a" * PACKED_BYTES),), {})
    assert raised.value.code == "PackedPolicyTooLarge"


def test_how_keys_are_shown() -> None:
    assert shown_credentials(Credentials("A", "s", "t"), 12.7) == {
        "AccessKeyId": "A",
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": 12.0,
    }
