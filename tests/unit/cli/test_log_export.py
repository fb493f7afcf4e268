"""A whole log in a file, page by page."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from lambent.cli.main import main
from tests.unit.cli.conftest import Asked, Scripted

PAGES: list[dict[str, object]] = [
    {"events": [{"timestamp": 1, "message": "a\n", "logStreamName": "s"}], "nextToken": "more"},
    {"events": [{"timestamp": 2, "message": "b", "logStreamName": "t"}]},
]
WANTED = [{"timestamp": 1, "message": "a\n", "stream": "s"}, {"timestamp": 2, "message": "b", "stream": "t"}]


def answers(asked: Asked) -> tuple[int, dict[str, str], bytes]:
    if asked.method == "GET":
        return 200, {}, json.dumps({"LoggingConfig": {"LogGroup": "own"}}).encode()
    return 200, {}, json.dumps(PAGES["nextToken" in json.loads(asked.body)]).encode()


@pytest.mark.parametrize("name", ["log.json", "log.gz"])
def test_every_page(scripted: Scripted, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    scripted.answer = answers
    target = tmp_path / name
    assert main(["logs", "f", "--export", str(target), "--since", "1d", *scripted.options]) == 0
    data = gzip.decompress(target.read_bytes()) if name.endswith("gz") else target.read_bytes()
    assert [json.loads(line) for line in data.splitlines()] == WANTED
    assert capsys.readouterr().out == f"2 events in {target}\n"
    bodies = [json.loads(asked.body) for asked in scripted.asked if asked.method == "POST"]
    assert [body["logGroupName"] for body in bodies] == ["own", "own"] and bodies[1]["nextToken"] == "more"
    assert bodies[0]["startTime"] > 0


def test_the_log_of_a_function_that_has_gone(scripted: Scripted, tmp_path: Path) -> None:
    def gone(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        if asked.method == "GET":
            return 404, {"x-amzn-ErrorType": "ResourceNotFoundException"}, b'{"Message": "gone"}'
        return 200, {}, b'{"events": []}'

    scripted.answer = gone
    assert main(["logs", "f", "--export", str(tmp_path / "x"), *scripted.options]) == 0
    assert json.loads(scripted.asked[-1].body)["logGroupName"] == "/aws/lambda/f"


def test_what_is_refused(scripted: Scripted, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = answers
    assert main(["logs", "f", "--export", "x", "--follow", *scripted.options]) == 1
    assert "--export writes what there is: it goes without --follow" in capsys.readouterr().err
    assert main(["logs", "f", "--export", str(tmp_path), *scripted.options]) == 1
    assert "cannot be written: Is a directory" in capsys.readouterr().err
