"""What an operation answers, said in the service's protocols: an answer that its model does not have fails the test."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Any

from lambent.wire.model import load
from lambent.wire.server import render_response


def spoken(service: str, operation: str, result: Any) -> Any:
    """`result` itself, once it was rendered. Raises ValueError for a member that the model does not know."""
    model = load(service)
    if not any(isinstance(value, AsyncIterable) for value in result.values()):
        for protocol in model.protocols:
            render_response(model, model.operations[operation], protocol, result, "1")
    return result
