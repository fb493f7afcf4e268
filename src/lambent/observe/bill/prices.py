"""The price table: AWS's list prices of US East ship as data, and a file of one's own replaces them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from lambent.model.errors import PlatformError

SHIPPED = Path(__file__).with_name("prices.json")

ANY = "*"
"""A region, or an architecture, that is not named by itself."""


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A price for each unit of a month's usage, up to so many; None: however many."""

    price: float
    upto: float | None = None


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By region, kind of usage and architecture. `free` units of a kind are given to an account every month."""

    as_of: str
    currency: str
    regions: dict[str, dict[str, dict[str, list[Tier]]]]
    free: dict[str, float] = {}

    def tiers(self, region: str, kind: str, architecture: str) -> list[Tier]:
        """The tiers of a kind of usage, cheapest last; none for what costs nothing."""
        kinds = self.regions.get(region) or self.regions.get(ANY, {})
        by_architecture = kinds.get(kind, {})
        return by_architecture.get(architecture) or by_architecture.get(ANY, [])


def load(path: Path | None) -> Prices:
    """The table at `path`, else the one that ships. Raises PlatformError: it cannot be read."""
    source = path or SHIPPED
    try:
        return msgspec.json.decode(source.read_bytes(), type=Prices)
    except (OSError, msgspec.DecodeError) as error:
        raise PlatformError(f"cannot read the price table {source}: {error}") from error
