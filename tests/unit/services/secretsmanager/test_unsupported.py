"""Options that are refused by name."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.secretsmanager.unsupported import HARMLESS_KEY, REFUSED, refuse


@pytest.mark.parametrize("option", REFUSED)
def test_each_by_its_name(option: str) -> None:
    refuse({option: ""})
    with pytest.raises(ApiError, match=f"{option} is not supported by Lambent: "):
        refuse({option: "x"})


def test_the_key_that_holds_anyway() -> None:
    refuse({"KmsKeyId": HARMLESS_KEY})
