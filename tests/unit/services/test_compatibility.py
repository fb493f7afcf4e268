"""COMPATIBILITY.md says what the code does."""

from __future__ import annotations

from pathlib import Path

from lambent.services import compatibility
from lambent.services.lambda_.unsupported import REFUSED
from lambent.wire.model import load


def test_the_file_is_not_stale() -> None:
    file = Path(__file__).resolve().parents[3] / compatibility.FILE
    assert file.read_text() == compatibility.document(), "run: python -m lambent.services.compatibility"


def test_every_operation_and_every_refused_option_is_told() -> None:
    text = compatibility.document()
    for name in load("lambda").operations:
        assert f"| {name} |" in text
    for operation, options in REFUSED.items():
        for option in options:
            assert f"| {operation} | `{option.path}` | {option.why} |" in text


def test_served_operations_are_marked() -> None:
    lines = compatibility.document().splitlines()
    served = sum(line.endswith("| yes |") for line in lines)
    assert "| Invoke | yes |" in lines
    assert any(line.startswith(f"## AWS Lambda: {served} of ") for line in lines)
