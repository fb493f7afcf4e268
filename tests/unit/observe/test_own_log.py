"""The server's own log."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from lambent.observe.own_log import JsonLines


def record(message: str, *args: object, exc_info: object = None) -> logging.LogRecord:
    made = logging.LogRecord("lambent.app", logging.WARNING, "f.py", 1, message, args, exc_info)  # type: ignore[arg-type]
    made.created = 1.5
    return made


def test_a_line_is_one_object_whatever_it_says() -> None:
    line = JsonLines().format(record("%s\nand \udcff", 'a "b"'))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "1970-01-01T00:00:01.500Z",
        "level": "WARNING",
        "logger": "lambent.app",
        "message": 'a "b"\nand ?',
    }


def test_what_was_raised_is_told() -> None:
    try:
        raise ValueError("poison")
    except ValueError:
        told = json.loads(JsonLines().format(record("broke", exc_info=sys.exc_info())))
    assert told["message"] == "broke"
    assert told["exception"].endswith("ValueError: poison")


@pytest.mark.parametrize(("form", "begins"), [("json", b'{"time":"'), ("text", b"20")])
def test_a_program_logs_as_it_is_told(form: str, begins: bytes) -> None:
    code = f"import logging; from lambent.observe.own_log import begin; begin({form!r}); logging.info('up')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b""
    assert done.stderr.startswith(begins)
    assert done.stderr.count(b"\n") == 1
