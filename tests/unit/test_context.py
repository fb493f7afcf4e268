"""What a principal may be taken for."""

from __future__ import annotations

import pytest

from lambent.clock import MovableClock, RandomIds
from lambent.context import Context, Principal


def test_root() -> None:
    assert Principal("0" * 12, "arn:aws:iam::000000000000:root", "AKIA").is_root


@pytest.mark.parametrize(
    "principal",
    [
        Principal("0" * 12, "arn:aws:iam::000000000000:user/a", "AKIA"),
        Principal("0" * 12, "arn:aws:sts::000000000000:assumed-role/r/f", "ASIA", "arn:aws:lambda:::function:f:1"),
        Principal("0" * 12, "arn:aws:iam::000000000000:root", "ASIA", "arn:aws:lambda:::function:f:1"),
    ],
)
def test_not_root(principal: Principal) -> None:
    assert not principal.is_root


def test_a_context_cannot_be_changed() -> None:
    principal = Principal("0" * 12, "arn:aws:iam::000000000000:root", "AKIA")
    ctx = Context("0" * 12, "us-east-1", principal, "id", MovableClock(), RandomIds())
    assert (ctx.endpoint, ctx.trace_id) == ("", None)
    with pytest.raises(AttributeError):
        ctx.region = "eu-west-1"  # type: ignore[misc]
