"""What waits in the queue."""

from __future__ import annotations

import msgspec
import pytest

from lambent.invoke.asynchronous.event import AsyncEvent, Delivery, decoded, encoded, line_of

EVENT = AsyncEvent("r", "1", "us-east-1", "f", None, b"{}", 1.0)
DELIVERY = Delivery("arn", "f", "1", "us-east-1", "role", "target", b"{}", attributes={"A": ("String", "x")})


@pytest.mark.parametrize("waiting", [EVENT, DELIVERY])
def test_there_and_back(waiting: AsyncEvent | Delivery) -> None:
    assert decoded(encoded(waiting)) == waiting


def test_rubbish() -> None:
    with pytest.raises(msgspec.DecodeError):
        decoded(b"\x00")


def test_functions_have_lines_of_their_own() -> None:
    assert line_of("1", "r", "f") == "1/r/f"
