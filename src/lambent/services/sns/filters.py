"""Filter policies: which messages a subscription lets through, by their attributes or their body. Pure.

The language is `patterns`'; here is what SNS makes of a message's attributes, and what it refuses beyond.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.patterns.dialects import SNS
from lambent.patterns.operators import BadPattern
from lambent.patterns.pattern import Pattern
from lambent.services.sns import errors, limits
from lambent.services.sns.records import Attribute

ATTRIBUTES, BODY = "MessageAttributes", "MessageBody"
SCOPES = (ATTRIBUTES, BODY)


class Filter:
    """A compiled filter policy."""

    def __init__(self, text: str, scope: str) -> None:
        """Raises BadPattern."""
        self._pattern = Pattern(text, SNS)
        self._of_body = scope == BODY

    def passes(self, message: str, attributes: Mapping[str, Attribute]) -> bool:
        """Whether a message is let through. A body that is no JSON object is not."""
        if not self._of_body:
            return self._pattern.matches(_values(attributes))
        try:
            body = msgspec.json.decode(message)
        except (msgspec.DecodeError, RecursionError):
            return False
        return isinstance(body, dict) and self._pattern.matches(body)


def check(text: str, scope: str, prefix: str = "") -> None:
    """Refuse a policy that is none, or that is too complex. `prefix` begins the refusal. Raises ApiError."""
    if len(text.encode()) > limits.FILTER_BYTES:
        raise errors.invalid(f"{prefix}FilterPolicy: Filter policy is too large")
    try:
        policy = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise errors.invalid(f"{prefix}FilterPolicy: failed to parse JSON.") from None
    if not isinstance(policy, dict):
        raise errors.invalid(f"{prefix}FilterPolicy: Filter is not an object")
    if not policy:
        return  # lets everything through
    if len(policy) > limits.FILTER_KEYS:
        raise errors.invalid(f"{prefix}FilterPolicy: Filter policy can not have more than {limits.FILTER_KEYS} keys")
    try:
        Filter(text, scope)
    except BadPattern as error:
        raise errors.invalid(f"{prefix}FilterPolicy: {error}") from None
    if scope == ATTRIBUTES and _depth(policy) > 1:
        raise errors.invalid(f"{prefix}Filter policy scope MessageAttributes does not support nested filter policy")
    if _combinations(policy, 1) > limits.FILTER_COMBINATIONS:
        raise errors.invalid(f"{prefix}FilterPolicy: Filter policy is too complex")


def compiled(text: str | None, scope: str) -> Filter | None:
    """A policy that was checked; None lets everything through."""
    return Filter(text, scope) if text and text.strip() not in ("", "{}") and msgspec.json.decode(text) else None


def _combinations(policy: Mapping[str, Any], depth: int) -> int:
    """The product over all leaves of their alternatives, each times its depth; branches of `$or` are added."""
    product = 1
    for name, wanted in policy.items():
        if isinstance(wanted, dict):
            product *= _combinations(wanted, depth + 1)
        elif name == "$or":
            product *= sum(_combinations(choice, depth) for choice in wanted)
        else:
            product *= len(wanted) * depth
    return product


def _depth(policy: Mapping[str, Any]) -> int:
    inner = [_depth(wanted) + 1 for wanted in policy.values() if isinstance(wanted, dict)]
    for choice in policy.get("$or", ()) if isinstance(policy.get("$or"), list) else ():
        inner.append(_depth(choice))
    return max(inner, default=1)


def _values(attributes: Mapping[str, Attribute]) -> dict[str, Any]:
    """Attributes as patterns see them: bytes are not seen, numbers are numbers, arrays are lists."""
    return {name: _value(attribute) for name, attribute in attributes.items() if not attribute.binary}


def _value(attribute: Attribute) -> Any:
    if attribute.kind == "String.Array":
        try:
            found = msgspec.json.decode(attribute.text)
        except (msgspec.DecodeError, RecursionError):
            return attribute.text
        return found if isinstance(found, list) else attribute.text
    if attribute.kind.startswith("Number"):
        try:
            return float(attribute.text)
        except ValueError:
            return attribute.text
    return attribute.text
