"""The figures that AWS prints in its own texts."""

from __future__ import annotations

from lambent.services.lambda_ import limits
from lambent.wire.model import load


def test_figures_of_the_documentation() -> None:
    assert limits.PAYLOAD_BYTES == 6_291_456
    assert limits.UNZIPPED_BYTES == 250 * 1024 * 1024
    assert limits.CODE_REQUEST_BYTES >= 50 * 1024 * 1024 * 4 // 3


def test_the_service_is_stricter_than_the_model() -> None:
    model = load("lambda")
    for shape, figure in (
        ("Timeout", limits.TIMEOUT_SECONDS),
        ("MemorySize", limits.MEMORY_MB),
        ("EphemeralStorageSize", limits.EPHEMERAL_MB),
        ("FunctionName", limits.NAME_LENGTH),
        ("MaxListItems", limits.PAGE),
    ):
        assert figure < (model.shape(shape).traits.max or 0)
