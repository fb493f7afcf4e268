"""What is no filter pattern. The service words it for its callers."""

from __future__ import annotations


class Malformed(Exception):
    """The text says why."""
