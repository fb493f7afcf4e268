"""Every text in which SnapStart refuses."""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.lambda_ import errors


def not_with(what: str) -> ApiError:
    """400: `what` (a runtime, or another option) and snapshots exclude each other."""
    return errors.invalid(f"{what} is not supported for SnapStart enabled functions.")
