"""A command's refusal is its text."""

from __future__ import annotations

from lambent.cli.errors import CommandError


def test_the_text_is_what_the_user_reads() -> None:
    assert str(CommandError("no server at http://127.0.0.1:1")) == "no server at http://127.0.0.1:1"
