"""`lambent clock`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lambent.cli.main import main

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Asked, Scripted


def told(asked: Asked) -> tuple[int, dict[str, str], bytes]:
    moved = json.loads(asked.body)["advance"] if asked.method == "POST" else 0
    return 200, {}, json.dumps({"Now": 1_790_000_000 + moved}).encode()


def test_what_time_it_is(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = told
    assert main(["clock", *scripted.options]) == 0
    assert capsys.readouterr().out == "2026-09-21T14:13:20Z\n"
    assert main(["clock", "--json", *scripted.options]) == 0
    assert json.loads(capsys.readouterr().out) == {"now": 1_790_000_000.0, "utc": "2026-09-21T14:13:20Z"}


def test_later(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = told
    assert main(["clock", "advance", "2m", *scripted.options]) == 0
    assert capsys.readouterr().out == "2026-09-21T14:15:20Z\n"
    assert scripted.asked[0].headers["content-length"] == str(len(scripted.asked[0].body))


def test_what_is_refused(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = lambda asked: (400, {}, b'{"message": "The clock is real"}')
    assert main(["clock", "advance", "2m", *scripted.options]) == 1
    assert "The clock is real" in capsys.readouterr().err
    assert main(["clock", "advance", *scripted.options]) == 1
    assert main(["clock", "advance", "soon", *scripted.options]) == 1
