"""What a command says when it cannot do what it was asked."""

from __future__ import annotations


class CommandError(Exception):
    """Ends the command with exit status 1. The text goes to standard error: why, and what to do about it."""
