"""A runtime is a value: equal when it says the same, with `provided` needing no interpreter."""

from __future__ import annotations

from lambent.model.runtime import Runtime, RuntimeKind


def test_a_custom_runtime_names_no_interpreter() -> None:
    runtime = Runtime("provided.al2023", RuntimeKind.EXEC)
    assert (runtime.version, runtime.executable, runtime.prefix, runtime.source) == ("", "", "", "builtin")


def test_equal_runtimes_are_one_key() -> None:
    first = Runtime("python3.12", RuntimeKind.PYTHON, "3.12.1", "/usr/bin/python3.12", "/usr", "path")
    second = Runtime("python3.12", RuntimeKind.PYTHON, "3.12.1", "/usr/bin/python3.12", "/usr", "path")
    assert {first: 1}[second] == 1
