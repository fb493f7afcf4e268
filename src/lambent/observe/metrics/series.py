"""What a metric is: its name, in a namespace, of some dimensions. A value."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

Dimensions = tuple[tuple[str, str], ...]
"""(name, value), by name."""

NO_UNIT = "None"
"""The unit of values that have none."""


class Series(msgspec.Struct, frozen=True):
    """One metric of one account in one region."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: Dimensions = ()


def dimensions(of: Mapping[str, str]) -> Dimensions:
    """A mapping as a series holds it."""
    return tuple(sorted(of.items()))
