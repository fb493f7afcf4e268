"""Running a program, and its last words."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lambent.runtimes.programs import run


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("pass", ""),
        ("raise SystemExit(3)", "exit status 3"),
        ("raise SystemExit('a\\nb')", "b"),
        ("print(1/0)", "ZeroDi"),
    ],
)
def test_its_last_words_tell_why(program: str, problem: str) -> None:
    said = run([sys.executable, "-c", program])
    assert said.startswith(problem)
    assert bool(said) == bool(problem)


def test_a_program_that_is_not_there() -> None:
    assert "No such file" in run(["/nonexistent/program"])


def test_it_runs_in_a_folder(tmp_path: Path) -> None:
    assert run(["touch", "here"], tmp_path) == ""
    assert (tmp_path / "here").exists()
