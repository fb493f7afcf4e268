"""Random passwords. Pure: whoever calls gives the randomness."""

from __future__ import annotations

import string
from collections.abc import Callable

from lambent.services.operation import Params
from lambent.services.secretsmanager import errors, limits

_KINDS = (
    ("ExcludeLowercase", string.ascii_lowercase),
    ("ExcludeUppercase", string.ascii_uppercase),
    ("ExcludeNumbers", string.digits),
    ("ExcludePunctuation", string.punctuation),
)

Below = Callable[[int], int]
"""A random number from 0 to one less than that."""


def password(params: Params, below: Below) -> str:
    """As GetRandomPassword's parameters ask. Raises ApiError."""
    length = params.get("PasswordLength", limits.PASSWORD_LENGTH)
    if length > limits.PASSWORD_LENGTH_MOST:
        raise errors.long_password(limits.PASSWORD_LENGTH_MOST)
    excluded = set(params.get("ExcludeCharacters", ""))
    kinds = [letters for option, letters in _KINDS if not params.get(option)]
    if params.get("IncludeSpace"):
        kinds.append(" ")
    kinds = [left for letters in kinds if (left := "".join(each for each in letters if each not in excluded))]
    if not kinds:
        raise errors.no_characters()
    required = kinds if params.get("RequireEachIncludedType", True) else []
    if length < len(required):
        raise errors.short_password()
    everything = "".join(kinds)
    drawn = [letters[below(len(letters))] for letters in required]
    drawn += [everything[below(len(everything))] for _ in range(length - len(drawn))]
    for last in range(len(drawn) - 1, 0, -1):  # shuffled, so that nobody knows where the required ones are
        other = below(last + 1)
        drawn[last], drawn[other] = drawn[other], drawn[last]
    return "".join(drawn)
