"""The price table."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.observe.bill import prices
from lambent.observe.bill.usage import Kind


def test_the_shipped_table_prices_every_kind() -> None:
    table = prices.load(None)
    for kind in Kind:
        for architecture in ("x86_64", "arm64"):
            assert table.tiers("eu-west-1", kind, architecture)
    tiers = table.tiers("us-east-1", "gb_seconds", "x86_64")
    assert [tier.upto for tier in tiers] == [6e9, 15e9, None]
    assert [tier.price for tier in tiers] == sorted((tier.price for tier in tiers), reverse=True)


def test_one_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_text(
        '{"as_of":"x","currency":"EUR","regions":{"*":{"requests":{"*":[{"price":2}]}},'
        '"here":{"requests":{"*":[{"price":1}]}}}}'
    )
    table = prices.load(file)
    assert [table.tiers(region, "requests", "arm64")[0].price for region in ("here", "there")] == [1, 2]
    assert table.tiers("here", "gb_seconds", "arm64") == []


@pytest.mark.parametrize("text", ["{", "{}", '{"as_of":"","currency":"","regions":{},"more":1}'])
def test_one_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(PlatformError, match="cannot read the price table"):
        prices.load(tmp_path / "p.json")
