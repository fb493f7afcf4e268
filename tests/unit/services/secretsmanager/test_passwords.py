"""Random passwords."""

from __future__ import annotations

import random
import string
from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.secretsmanager.passwords import password


def made(**params: Any) -> str:
    return password(params, random.Random(1).randrange)


def test_each_kind_is_there() -> None:
    for length in (4, 32, 200):
        drawn = made(PasswordLength=length)
        assert len(drawn) == length
        for letters in (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation):
            assert set(drawn) & set(letters)


def test_what_is_excluded_is_not_there() -> None:
    drawn = made(PasswordLength=500, ExcludePunctuation=True, ExcludeUppercase=True, ExcludeCharacters="abc1")
    assert set(drawn) == set(string.ascii_lowercase + string.digits) - set("abc1")
    assert " " in made(PasswordLength=5, IncludeSpace=True)
    only = {"ExcludeLowercase": True, "ExcludeUppercase": True, "ExcludePunctuation": True}
    assert made(**only).isdigit()


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"PasswordLength": 3}, "Password length must be at least as large as the number of required character types."),
        ({"PasswordLength": 4097}, "Password length must be less than or equal to 4096."),
        (
            {"ExcludeCharacters": string.printable},
            "The combination of exclusions leaves no characters to make a password of.",
        ),
    ],
)
def test_refusals(params: dict[str, Any], text: str) -> None:
    with pytest.raises(ApiError) as raised:
        made(**params)
    assert raised.value.message == text
    assert len(made(PasswordLength=3, RequireEachIncludedType=False)) == 3
