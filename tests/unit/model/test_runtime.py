"""Runtimes as values."""

from __future__ import annotations

import msgspec
import pytest

from lambent.model.runtime import Runtime, RuntimeKind

PYTHON = Runtime(
    name="python3.12",
    kind=RuntimeKind.PYTHON,
    version="3.12.1",
    executable="/opt/py/bin/python3.12",
    prefix="/opt/py",
    source="directory",
)


def test_a_runtime_can_be_sent_and_read() -> None:
    assert msgspec.json.decode(msgspec.json.encode(PYTHON), type=Runtime) == PYTHON
    assert msgspec.to_builtins(PYTHON)["kind"] == "python"


def test_one_without_an_interpreter_is_built_in() -> None:
    provided = Runtime("provided.al2023", RuntimeKind.EXEC)
    assert (provided.version, provided.executable, provided.prefix, provided.source) == ("", "", "", "builtin")


def test_runtimes_are_values() -> None:
    assert msgspec.structs.replace(PYTHON, source="path") != PYTHON
    with pytest.raises(AttributeError):
        PYTHON.name = "python3.13"  # type: ignore[misc]
