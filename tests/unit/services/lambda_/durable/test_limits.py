"""The limits agree with the model."""

from __future__ import annotations

from lambent.services.lambda_.durable import limits
from lambent.wire.model import load


def test_with_the_model() -> None:
    shapes = load("lambda")
    assert shapes.shape("OperationPayload").traits.max == limits.PAYLOAD_BYTES
    assert shapes.shape("ItemCount").traits.max == limits.LARGEST_PAGE
    assert shapes.shape("ExecutionTimeout").traits.max == limits.LONGEST_SECONDS
    assert shapes.shape("BinaryOperationPayload").traits.max == limits.ASYNC_PAYLOAD_BYTES
