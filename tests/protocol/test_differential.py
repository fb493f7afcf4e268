"""A sample of the differential run; `python -m tests.protocol.everything` is the whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.wire.model import load
from tests.protocol.differential import EXPLAINED, SERVICES, Pair, protocols, unexplained

OPERATIONS = [
    (service, name, protocol)
    for service in SERVICES
    for protocol in protocols(service)
    for name in load(service).operations
]


def test_the_listed_services_are_there_in_full() -> None:
    assert len(SERVICES) == 28
    assert len({(service, name) for service, name, _ in OPERATIONS}) > 2400


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_with_every_member(service: str) -> None:
    found = [
        f"{name} ({protocol}): {problem}"
        for of, name, protocol in OPERATIONS
        if of == service
        for problem in unexplained(Pair(service, name, protocol), 0, 1.0)
    ]
    assert found == []


# The deprecated twins are left to the run above: with few members, botocore reads their answers as their successors'.
TOLD_APART = [operation for operation in OPERATIONS if operation[:2] not in EXPLAINED]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TOLD_APART), st.integers(0, 1 << 30), st.sampled_from([0.0, 0.2, 0.5, 0.8]))
def test_any_operation_with_any_members(operation: tuple[str, str, str], seed: int, share: float) -> None:
    assert list(unexplained(Pair(*operation), seed, share)) == []
