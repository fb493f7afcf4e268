"""Asking interpreters, and remembering what they said."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lambent.runtimes import asked as module
from lambent.runtimes.asked import Asked, ask


def says(path: Path, words: str, status: int = 0) -> Path:
    """A program that says `words`."""
    path.write_text(f"#!/bin/sh\necho '{words}'\nexit {status}\n")
    path.chmod(0o755)
    return path


def test_asked_once_for_as_long_as_the_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, cache = says(tmp_path / "node", "v20.1.2"), tmp_path / "cache" / "versions.json"
    questions: list[tuple[Path, ...]] = []

    def count(*question: Path) -> str:
        questions.append(question)
        return "20.1.2"

    monkeypatch.setattr(module, "ask", count)
    for _ in range(2):
        asked = Asked(cache)
        assert asked.version(program, "--version") == "20.1.2"
        asked.save()
    assert questions == [(program, "--version")]
    says(program, "v20.1.3 is newer")
    assert Asked(cache).version(program, "--version") == "20.1.2"
    assert len(questions) == 2
    cache.write_text("not json")
    Asked(cache).version(program, "--version")
    Asked().version(program, "--version")
    assert len(questions) == 4


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    asked = Asked(tmp_path / "file" / "cache")
    assert asked.version(says(tmp_path / "node", "v20.1.2")) == "20.1.2"
    asked.save()


@pytest.mark.parametrize(
    ("words", "status", "version"),
    [
        ("v20.1.2", 0, "20.1.2"),
        ("3.1.2", 0, "3.1.2"),
        ("3.13.0rc2", 0, "3.13.0"),
        ("20", 0, ""),
        ("v20.1.2\nand more", 0, ""),
        ("v20.1.2", 1, ""),
    ],
)
def test_only_a_version_is_an_answer(tmp_path: Path, words: str, status: int, version: str) -> None:
    assert ask(says(tmp_path / "node", words, status)) == version


def test_what_does_not_start_says_nothing(tmp_path: Path) -> None:
    assert ask(tmp_path / "absent") == ""


def test_a_real_interpreter_answers() -> None:
    question = ("-I", "-S", "-c", "import platform; print(platform.python_version())")
    assert ask(Path(sys.executable), *question) == "{}.{}.{}".format(*sys.version_info)
