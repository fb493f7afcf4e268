"""Both clients are AWS's own, speak to the one server they were pointed at, and read no AWS set-up of the user's."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from lambent.cli.demo_calls import Clients
from lambent.cli.errors import CommandError
from lambent.settings import Settings
from tests.unit.cli.conftest import Scripted


@pytest.fixture
def clients(scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clients:
    profile = tmp_path / "config"
    profile.write_text("[profile mine]\nregion = mars-1\n")
    monkeypatch.setenv("AWS_PROFILE", "not there")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profile))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    return Clients(Settings(data=scripted.data, endpoint=scripted.endpoint))


def test_boto3s_answer_is_kept_whole(clients: Clients, scripted: Scripted) -> None:
    headers = {
        "X-Amz-Log-Result": base64.b64encode(b"REPORT").decode(),
        "X-Amz-Function-Error": "Unhandled",
        "x-amzn-RequestId": "r1",
    }
    scripted.answer = lambda asked: (200, headers, b'{"errorType": "E"}')
    answer = clients.invoke("f", {"a": 1})
    assert (answer.payload, answer.error, answer.log) == ({"errorType": "E"}, "Unhandled", "REPORT")
    assert answer.request_id == "r1"
    assert answer.seen_ms > 0
    assert scripted.asked[0].body == b'{"a": 1}'
    assert "Credential=AKIDEXAMPLE/" in scripted.asked[0].headers["authorization"]


def test_a_function_is_there_or_not(clients: Clients, scripted: Scripted) -> None:
    scripted.answer = lambda asked: (200, {}, b"{}")
    assert clients.exists("f")
    missing = {"x-amzn-ErrorType": "ResourceNotFoundException"}
    scripted.answer = lambda asked: (404, missing, b'{"Message": "none"}')
    assert not clients.exists("f")


def test_the_cli_speaks_to_the_same_server(clients: Clients, scripted: Scripted) -> None:
    scripted.answer = lambda asked: (200, {}, b'{"Functions": [{"FunctionName": "f"}]}')
    said = clients.cli("lambda", "list-functions", "--query", "Functions[0].FunctionName", "--output", "text")
    assert said == "f"
    assert scripted.asked[0].target.rstrip("/") == "/2015-03-31/functions"
    scripted.answer = lambda asked: (400, {"x-amzn-ErrorType": "InvalidParameterValueException"}, b'{"message": "bad"}')
    with pytest.raises(CommandError, match="bad"):
        clients.cli("lambda", "list-functions")
