"""Keys: how texts are compared without their case, and addresses."""

from __future__ import annotations

import pytest

from lambent.patterns.keys import address_of, fold


def test_folding_goes_letter_by_letter() -> None:
    assert fold("STRAßE") == "straße"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1", (32, 0x0A000001)),
        ("::1", (128, 1)),
        ("::ffff:1.2.3.4", (128, 0xFFFF01020304)),
        ("10.0.1", None),
        ("host", None),
        ("1:2", None),
        ("1.2.3.4\0", None),
        ("", None),
    ],
)
def test_addresses(text: str, address: tuple[int, int] | None) -> None:
    assert address_of(text) == address
