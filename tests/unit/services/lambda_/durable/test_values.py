"""What executions say of themselves."""

from __future__ import annotations

import pytest

from lambent.services.lambda_.durable.values import ENDED, Status, ref
from tests.unit.services.lambda_.durable.making import ARN, execution, running


@pytest.mark.parametrize("status", list(Status))
def test_what_has_ended(status: Status) -> None:
    assert execution(status=status).has_ended is (status in ENDED or status is Status.DELETING)


def test_its_arn_and_what_it_is_known_by() -> None:
    assert execution().arn == ARN
    assert ref(execution()).id == "i"
    assert running().operations["i"].is_open
