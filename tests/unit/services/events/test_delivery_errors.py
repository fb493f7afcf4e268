"""Why deliveries fail."""

from __future__ import annotations

import pytest

from lambent.services.events.delivery_errors import role_not_assumable, third_bus


@pytest.mark.parametrize(
    ("ways", "code"),
    [
        (("a:b:c:r:1:x", "a:b:c:r:1:y", "a:b:c:r:1:z"), "THIRD_ACCOUNT_HOP_DETECTED"),
        (("a:b:c:r:1:x", "a:b:c:s:1:y", "a:b:c:t:1:z"), "THIRD_REGION_HOP_DETECTED"),
        (("a:b:c:r:1:x", "a:b:c:r:2:y", "a:b:c:r:3:z"), "THIRD_ACCOUNT_HOP_DETECTED"),
    ],
)
def test_third_buses(ways: tuple[str, ...], code: str) -> None:
    assert third_bus(ways).code == code
    assert not third_bus(ways).again


def test_roles() -> None:
    assert role_not_assumable("events.amazonaws.com", "r").message == "events.amazonaws.com cannot assume the role r."
