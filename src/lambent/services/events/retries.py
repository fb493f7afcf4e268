"""What follows an attempt to deliver that failed: another one after a while, or the dead-letter queue. Pure."""

from __future__ import annotations

from enum import Enum

from lambent.model.errors import ApiError
from lambent.services.events import limits
from lambent.services.events.delivery_errors import Failure
from lambent.services.events.records import Target

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 600.0
"""Pauses double up to here; so spread, 185 attempts take about a day."""

_MESSAGE = 1024
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "KMSAccessDeniedException"})
_GONE = ("ResourceNotFound", "QueueDoesNotExist", "NonExistentQueue", "NotFound", "NoSuch")
_THROTTLED = ("Throttl", "TooManyRequests", "LimitExceeded", "OverLimit")


class Spent(Enum):
    """Why there will be no other attempt, as dead letters tell it."""

    ATTEMPTS = "MaximumRetryAttempts"
    AGE = "MaximumEventAgeInSeconds"


def failure(error: ApiError) -> Failure:
    """What a refusal of the target means."""
    message, status = error.message[:_MESSAGE], error.status or 400
    if error.code in _DENIED or status == 403:
        return Failure("NO_PERMISSIONS", message)
    if any(part in error.code for part in _GONE) or status == 404:
        return Failure("NO_RESOURCE", message)
    if status == 429 or any(part in error.code for part in _THROTTLED):
        return Failure("THROTTLING", message, again=True)
    if status >= 500 or status == 409:
        return Failure("ERROR_FROM_TARGET", message, again=True)
    return Failure("SDK_CLIENT_ERROR", message)


def following(target: Target, before: int, since: float, now: float, fraction: float) -> float | Spent:
    """When to try again after `before` retries of an event that was accepted at `since`; or why not."""
    if before >= (limits.ATTEMPTS if target.attempts is None else target.attempts):
        return Spent.ATTEMPTS
    pause = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(before, 30)) * (0.5 + fraction / 2)
    if now + pause - since > (limits.AGE_SECONDS if target.age is None else target.age):
        return Spent.AGE
    return now + pause
