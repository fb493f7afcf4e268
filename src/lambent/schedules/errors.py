"""Why an expression is none. What clients read is said by the services."""

from __future__ import annotations


class Malformed(Exception):
    """The text is no schedule expression; says why, for tests and for us."""


class UnknownZone(Exception):
    """There is no time zone of that name."""
