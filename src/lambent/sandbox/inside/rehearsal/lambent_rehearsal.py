"""The function that a launcher loads once, in a process that ends at once, to learn what loading one takes."""

from __future__ import annotations

from typing import Any


def handler(event: Any, context: Any) -> Any:
    """Never called."""
    return event
