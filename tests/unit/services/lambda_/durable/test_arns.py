"""Which execution an ARN means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_.durable.arns import execution_ref, own_execution
from lambent.services.lambda_.durable.values import Ref
from tests.unit.services.lambda_.durable.making import ARN

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


def test_parts() -> None:
    assert execution_ref(ARN) == Ref("000000000000", "us-east-1", "f", "i")


def test_only_ones_own(world: World) -> None:
    assert own_execution(world.ctx(), ARN, "GetDurableExecution").id == "i"
    with pytest.raises(ApiError, match="AccessDenied"):
        own_execution(world.ctx(account="111111111111"), ARN, "GetDurableExecution")
    with pytest.raises(ApiError, match="does not exist"):
        own_execution(world.ctx(region="eu-west-1"), ARN, "GetDurableExecution")
