"""Why deliveries fail, as dead letters tell it: AWS's codes, and texts."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Failure(msgspec.Struct, frozen=True):
    """Why an attempt failed; `again`: another one may succeed."""

    code: str
    message: str
    again: bool = False


class Untransformable(Exception):
    """Nothing can be made of this event for this target; the text says why."""


INTERNAL = Failure("INTERNAL_ERROR", "The target failed internally.", again=True)
"""Something of ours failed."""

TOO_DEEP = Failure("INVALID_JSON", "The event is nested too deeply.")
"""Nobody can read it."""


def role_not_assumable(service: str, role: str | None) -> Failure:
    """The role does not exist, or does not trust the service."""
    return Failure("FAILED_TO_ASSUME_ROLE", f"{service} cannot assume the role {role}.")


def third_bus(ways: Sequence[str]) -> Failure:
    """Events go from bus to bus once. `ways` are ARNs of what it passed and of where it was to go."""
    accounts, regions = ({way.split(":")[place] for way in ways} for place in (4, 3))
    third = "REGION" if len(accounts) == 1 < len(regions) else "ACCOUNT"
    return Failure(f"THIRD_{third}_HOP_DETECTED", "What came from another bus is not sent on to a third.")


def untransformable(error: Untransformable) -> Failure:
    """The event does not become what the target is to get."""
    return Failure("INVALID_JSON", str(error))


def nothing_there(path: str) -> Untransformable:
    """An input path that leads nowhere in this event."""
    return Untransformable(f"The InputPath {path} finds nothing in the event.")


def not_json() -> Untransformable:
    """A template that does not become JSON with the values of this event."""
    return Untransformable("The InputTemplate does not become JSON with what is in the event.")
