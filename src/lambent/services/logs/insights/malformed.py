"""What is no query, or asks for more than there is here."""

from __future__ import annotations


class Malformed(Exception):
    """The text says why."""
