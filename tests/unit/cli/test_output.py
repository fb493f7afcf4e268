"""Tables line up, JSON can be read again, sizes are short."""

from __future__ import annotations

import json

import pytest

from lambent.cli.output import as_json, size, table
from lambent.model.runtime import Runtime, RuntimeKind


def test_columns_line_up_without_trailing_spaces() -> None:
    assert table(("NAME", "X"), [("a", "1"), ("longer", "")]) == "NAME    X\na       1\nlonger"


def test_structs_become_objects() -> None:
    shown = json.loads(as_json([Runtime("provided.al2", RuntimeKind.EXEC)]))
    assert shown[0]["name"] == "provided.al2"
    assert shown[0]["kind"] == "exec"


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (6_291_456, "6.3 MB"), (10**9, "1000.0 MB")],
)
def test_sizes(count: int, shown: str) -> None:
    assert size(count) == shown
