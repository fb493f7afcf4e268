"""A command's request is signed and well-formed; what the server says, refusals included, arrives as it was said."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from pathlib import Path

import pytest

from lambent.cli.client import Client, endpoint_of, root_key, settings_of
from lambent.cli.errors import CommandError
from lambent.gateway.signing import Key
from lambent.model.errors import ApiError
from lambent.settings import Settings
from tests.unit.cli.conftest import Scripted


def client_of(scripted: Scripted) -> Client:
    return Client(Settings(data=scripted.data, endpoint=scripted.endpoint, region="eu-west-1"))


def test_a_call_is_signed_and_its_result_read(scripted: Scripted) -> None:
    scripted.answer = lambda asked: (200, {}, b'{"FunctionName": "f", "MemorySize": 128}')
    result = client_of(scripted).call("GetFunctionConfiguration", FunctionName="f", Qualifier="1")
    asked = scripted.asked[0]
    assert result == {"FunctionName": "f", "MemorySize": 128}
    assert (asked.method, asked.target) == ("GET", "/2015-03-31/functions/f/configuration?Qualifier=1")
    assert re.match(
        r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\d{8}/eu-west-1/lambda/aws4_request, ", asked.headers["authorization"]
    )
    assert asked.headers["host"] == scripted.endpoint.removeprefix("http://")


def test_payloads_and_headers_travel_both_ways(scripted: Scripted) -> None:
    scripted.answer = lambda asked: (200, {"X-Amz-Function-Error": "Unhandled"}, asked.body[::-1])
    result = client_of(scripted).call("Invoke", FunctionName="f", Payload=b"123", LogType="Tail")
    assert result["Payload"] == b"321"
    assert result["FunctionError"] == "Unhandled"
    assert scripted.asked[0].headers["x-amz-log-type"] == "Tail"
    assert scripted.asked[0].headers["content-length"] == "3"


def test_a_refusal_is_the_servers_own(scripted: Scripted) -> None:
    body = b'{"Type": "User", "Message": "Function not found: f"}'
    scripted.answer = lambda asked: (404, {"x-amzn-ErrorType": "ResourceNotFoundException"}, body)
    with pytest.raises(ApiError) as refused:
        client_of(scripted).call("GetFunction", FunctionName="f")
    assert (refused.value.code, refused.value.status) == ("ResourceNotFoundException", 404)
    assert refused.value.message == "Function not found: f"


def test_pages_are_followed_to_the_last(scripted: Scripted) -> None:
    def answer(asked: object) -> tuple[int, dict[str, str], bytes]:
        number = len(scripted.asked)
        page = {"Functions": [{"FunctionName": f"f{number}"}], "NextMarker": f"m{number}" if number < 3 else None}
        return 200, {}, json.dumps(page).encode()

    scripted.answer = answer
    assert [f["FunctionName"] for f in client_of(scripted).pages("ListFunctions", "Functions")] == ["f1", "f2", "f3"]
    assert [asked.target.partition("?")[2] for asked in scripted.asked] == ["", "Marker=m1", "Marker=m2"]


def test_lines_come_one_by_one_and_refusals_are_said(scripted: Scripted) -> None:
    scripted.answer = lambda asked: (200, {}, b"one\ntwo\n")
    assert list(client_of(scripted).lines("/_lambent/logs", {"function": "a b"})) == [b"one", b"two"]
    assert scripted.asked[0].target == "/_lambent/logs?function=a+b"
    scripted.answer = lambda asked: (403, {}, b"no")
    with pytest.raises(CommandError, match="403 no"):
        list(client_of(scripted).lines("/_lambent/logs", {}))


def test_no_server_is_said_with_what_to_do(scripted: Scripted) -> None:
    nowhere = Client(Settings(data=scripted.data, endpoint="http://127.0.0.1:1"))
    with pytest.raises(CommandError, match=r"no server answers at http://127\.0\.0\.1:1 .* lambent serve"):
        nowhere.call("ListFunctions")


def test_keys_come_from_the_settings_else_the_data_directory(scripted: Scripted) -> None:
    assert root_key(Settings(data=scripted.data)) == Key("AKIDEXAMPLE", "secret")
    given = Settings(data=Path("/nowhere"), root_access_key_id="A", root_secret_access_key="s")
    assert root_key(given) == Key("A", "s")
    with pytest.raises(CommandError, match="no keys in /nowhere"):
        root_key(Settings(data=Path("/nowhere")))
    shell = Settings(data=Path("/nowhere"), shell_access_key_id="A", shell_secret_access_key="s")
    assert root_key(shell) == Key("A", "s")
    beside = Settings(data=scripted.data, shell_access_key_id="A", shell_secret_access_key="s")
    assert root_key(beside) == Key("AKIDEXAMPLE", "secret")
    (scripted.data / "credentials.json").write_text("{")
    with pytest.raises(CommandError, match="cannot read"):
        root_key(Settings(data=scripted.data))


def test_the_endpoint_is_as_told_else_as_written_else_the_default(tmp_path: Path) -> None:
    assert endpoint_of(Settings(data=tmp_path)) == "http://127.0.0.1:4566"
    assert endpoint_of(Settings(data=tmp_path, shell_endpoint="http://shell:1/")) == "http://shell:1"
    assert endpoint_of(Settings(data=tmp_path, tls=True, port=1)) == "https://127.0.0.1:1"
    (tmp_path / "endpoint").write_text("http://127.0.0.1:7777\n")
    assert endpoint_of(Settings(data=tmp_path)) == "http://127.0.0.1:7777"
    assert endpoint_of(Settings(data=tmp_path, endpoint="http://there:1/")) == "http://there:1"


def test_options_become_settings_and_bad_ones_are_refused() -> None:
    made = settings_of(Namespace(data=Path("d"), region="eu-west-1", endpoint=None, command="env", json=False))
    assert (made.data, made.region) == (Path("d"), "eu-west-1")
    with pytest.raises(CommandError, match="LAMBENT_REGION"):
        settings_of(Namespace(data=None, region="not a region", endpoint=None))
