"""Names of groups and streams on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambent.observe.log_names import (
    file_name,
    forget_stream_name,
    group_name,
    keep_group_name,
    keep_stream_name,
    stream_name,
)

LONG = "/" * 511 + "é"


@pytest.mark.parametrize("name", ["/aws/lambda/f", "..", "a%2F~", "a" * 170 + "~b", LONG])
def test_names_come_back(tmp_path: Path, name: str) -> None:
    directory = tmp_path / file_name(name)
    directory.mkdir()
    keep_group_name(directory, name)
    assert group_name(directory.parent, directory.name) == name
    keep_stream_name(tmp_path, name)
    assert stream_name(tmp_path, file_name(name)) == name
    assert len(file_name(name).encode()) <= 200


def test_a_long_name_is_forgotten(tmp_path: Path) -> None:
    keep_stream_name(tmp_path, LONG)
    forget_stream_name(tmp_path, LONG)
    assert list(tmp_path.iterdir()) == []
    assert stream_name(tmp_path, file_name(LONG)) != LONG
