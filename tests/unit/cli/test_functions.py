"""Listing shows what the server says; deploying creates once, updates after that, and waits for the end of it."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from lambent.cli import parser
from lambent.cli.archive import zip_directory
from lambent.cli.client import connect
from lambent.cli.functions import deploy
from lambent.cli.main import main
from tests.unit.cli.conftest import Asked, Scripted

FUNCTION = {
    "FunctionName": "code",
    "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:code",
    "Runtime": "python3.11",
    "Handler": "m.h",
    "MemorySize": 128,
    "Timeout": 3,
    "CodeSize": 1500,
    "LastModified": "2026-11-20T15:26:00.000+0000",
    "State": "Active",
    "LastUpdateStatus": "Successful",
}


class Api:
    """The few operations that deploying needs, remembering what each was given."""

    def __init__(self, *, exists: bool, states: list[dict[str, str]] | None = None) -> None:
        self.exists = exists
        self.states = states or []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.roles: list[str] = []

    def __call__(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        if asked.target == "/":  # IAM: the role of functions that name none
            self.roles.append(parse_qs(asked.body.decode())["Action"][0])
            return 200, {"Content-Type": "text/xml"}, b"<r><CreateRoleResult/></r>"
        body = json.loads(asked.body) if asked.body else {}
        name = f"{asked.method} {asked.target.removeprefix('/2015-03-31/functions')}"
        self.calls.append((name, body))
        if name == "GET /code/configuration" and not self.exists:
            return 404, {"x-amzn-ErrorType": "ResourceNotFoundException"}, b'{"Message": "none"}'
        self.exists = True
        state = self.states.pop(0) if self.states and asked.method == "GET" else {}
        return 200, {}, json.dumps({**FUNCTION, **state}).encode()

    @property
    def writes(self) -> list[str]:
        return [name for name, _ in self.calls if not name.startswith("GET")]


@pytest.fixture
def code(tmp_path: Path) -> Path:
    directory = tmp_path / "code"
    directory.mkdir()
    (directory / "lambda_function.py").write_text("def lambda_handler(event, context): return 1\n")
    return directory


def test_the_list_is_a_table_or_json(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = lambda asked: (200, {}, json.dumps({"Functions": [FUNCTION]}).encode())
    assert main(["functions", *scripted.options]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["NAME", "RUNTIME", "HANDLER"]
    assert "code  python3.11  m.h" in row
    assert "1.5 kB" in row
    assert main(["functions", "--json", *scripted.options]) == 0
    assert json.loads(capsys.readouterr().out) == [FUNCTION]


def test_the_first_deploy_creates(scripted: Scripted, code: Path, capsys: pytest.CaptureFixture[str]) -> None:
    api = scripted.answer = Api(exists=False)
    options = ["--timeout", "9", "--env", "A=1", "--env", "B=x=y", "--handler", "m.h"]
    assert main(["deploy", str(code), *options, *scripted.options]) == 0
    assert api.writes == ["POST "]
    created = api.calls[1][1]
    assert base64.b64decode(created["Code"]["ZipFile"]) == zip_directory(code)
    assert (created["FunctionName"], created["Handler"], created["Timeout"]) == ("code", "m.h", 9)
    assert created["Role"] == "arn:aws:iam::000000000000:role/lambda"
    assert api.roles == ["CreateRole", "AttachRolePolicy"]
    assert created["Runtime"].startswith("python3.")
    assert created["Environment"] == {"Variables": {"A": "1", "B": "x=y"}}
    assert capsys.readouterr().out.startswith("created arn:aws:lambda:")


def test_the_next_deploy_updates_only_what_it_is_told(scripted: Scripted, code: Path) -> None:
    api = scripted.answer = Api(exists=True)
    assert main(["deploy", str(code), *scripted.options]) == 0
    assert api.writes == ["PUT /code/code"]
    api.calls.clear()
    assert main(["deploy", str(code), "--memory", "512", *scripted.options]) == 0
    assert api.writes == ["PUT /code/code", "PUT /code/configuration"]
    assert api.calls[-2][1] == {"MemorySize": 512}


def test_code_alone_can_be_deployed(scripted: Scripted) -> None:
    api = scripted.answer = Api(exists=True)
    client = connect(parser.build().parse_args(["functions", *scripted.options]))
    assert deploy(client, "code", b"zip", {"MemorySize": 512}, code_only=True)[1] is False
    assert api.writes == ["PUT /code/code"]
    api.calls.clear()
    api.exists = False
    assert deploy(client, "code", b"zip", {"MemorySize": 512}, code_only=True)[1] is True
    assert api.calls[1][1]["MemorySize"] == 512


def test_the_keys_of_the_server_are_not_deployed(scripted: Scripted, code: Path) -> None:
    api = scripted.answer = Api(exists=False)
    data = code / "state"
    data.mkdir()
    (scripted.data / "credentials.json").rename(data / "credentials.json")
    assert main(["deploy", str(code), "--endpoint", scripted.endpoint, "--data", str(data)]) == 0
    package = zipfile.ZipFile(io.BytesIO(base64.b64decode(api.calls[1][1]["Code"]["ZipFile"])))
    assert package.namelist() == ["lambda_function.py"]


def test_deploying_waits_until_it_is_over(scripted: Scripted, code: Path) -> None:
    waits = [{"State": "Pending"}, {"LastUpdateStatus": "InProgress"}, {}]
    api = scripted.answer = Api(exists=False, states=list(waits))
    assert main(["deploy", str(code), *scripted.options]) == 0
    assert len(api.calls) == 2 + len(waits)


def test_a_failed_deploy_says_why(scripted: Scripted, code: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = Api(exists=False, states=[{"State": "Failed", "StateReason": "no such runtime"}])
    assert main(["deploy", str(code), *scripted.options]) == 1
    assert "State is Failed: no such runtime" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["deploy", "/nowhere"], "/nowhere is not a directory"),
        (["deploy", ".", "--env", "A"], "--env takes NAME=VALUE, not 'A'"),
        (["deploy", ".", "--env", "=1"], "--env takes NAME=VALUE, not ''"),
    ],
)
def test_what_cannot_be_deployed(
    arguments: list[str], said: str, scripted: Scripted, code: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(code) if argument == "." else argument for argument in arguments]
    assert main([*arguments, *scripted.options]) == 1
    assert said in capsys.readouterr().err
    assert not scripted.asked


def test_other_refusals_end_the_deploy(scripted: Scripted, code: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = lambda asked: (403, {"x-amzn-ErrorType": "AccessDeniedException"}, b'{"Message": "no"}')
    assert main(["deploy", str(code), *scripted.options]) == 1
    assert capsys.readouterr().err == "lambent: AccessDeniedException: no\n"
