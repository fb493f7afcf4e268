"""Every bad input of the first issue: AWS's own error, literally, and nothing changed."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from lambent.gateway.signing import Key, sign

Create = Callable[..., dict[str, Any]]
INVOKE = "/2015-03-31/functions/{}/invocations"


@pytest.fixture
def function(aws: Any, create: Create, name: str) -> Iterator[str]:
    """A function that must be, after the test, what it was before."""
    create(name)
    before = listed(aws)
    yield name
    assert listed(aws) == before
    assert json.load(aws.invoke(FunctionName=name, Payload=b"1")["Payload"])["event"] == 1


def listed(aws: Any) -> list[dict[str, Any]]:
    """Everything that there is."""
    return list(aws.list_functions(FunctionVersion="ALL")["Functions"])


def refused(call: Callable[..., Any], **params: Any) -> tuple[int, str, str]:
    """Status, code and text of the refusal."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


@pytest.mark.usefixtures("function")
@pytest.mark.parametrize(
    ("change", "status", "code", "text"),
    [
        (
            {"Code": {"ZipFile": b"this is no zip"}},
            400,
            "InvalidParameterValueException",
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        ),
        (
            {"Runtime": "python9.9"},
            400,
            "InvalidParameterValueException",
            "Value python9.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [",
        ),
        (
            {"Role": "worker"},
            400,
            "ValidationException",
            "1 validation error detected: Value 'worker' at 'role' failed to satisfy constraint: Member must satisfy"
            r" regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+",
        ),
        (
            {"FunctionName": "x" * 65},
            400,
            "ValidationException",
            f"1 validation error detected: Value '{'x' * 65}' at 'functionName' failed to satisfy constraint: Member"
            " must have length less than or equal to 64",
        ),
        (
            {"FunctionName": "x" * 141},
            400,
            "ValidationException",
            f"1 validation error detected: Value '{'x' * 141}' at 'functionName' failed to satisfy constraint: Member"
            " must have length less than or equal to 140",
        ),
    ],
    ids=["no zip", "unknown runtime", "role", "65 characters", "141 characters"],
)
def test_create(
    aws: Any, name: str, zipped: Callable[..., bytes], change: dict[str, Any], status: int, code: str, text: str
) -> None:
    params = {
        "FunctionName": f"{name}-other",
        "Role": "arn:aws:iam::000000000000:role/worker",
        "Runtime": "python3.11",
        "Handler": "app.handler",
        "Code": {"ZipFile": zipped()},
    }
    found = refused(aws.create_function, **(params | change))
    assert (found[0], found[1], found[2][: len(text)]) == (status, code, text)


def test_unknown_runtime_text_is_the_whole_list(aws: Any, function: str) -> None:
    _, _, message = refused(aws.update_function_configuration, FunctionName=function, Runtime="python9.9")
    assert message.endswith("] or be a valid ARN")
    assert {"python3.14", "nodejs24.x", "provided.al2023"} <= set(
        message.partition("[")[2].partition("]")[0].split(", ")
    )


def test_a_handler_that_does_not_exist(aws: Any, function: str, create: Create) -> None:
    create(f"{function}-other", Handler="app.nobody")
    answer = aws.invoke(FunctionName=f"{function}-other")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    payload = json.load(answer["Payload"])
    assert payload["errorType"] == "Runtime.HandlerNotFound"
    assert payload["errorMessage"] == "Handler 'nobody' missing on module 'app'"
    aws.delete_function(FunctionName=f"{function}-other")


def test_6_mb_and_one_byte(aws: Any, function: str) -> None:
    payload = b'"' + b"x" * (6 * 1024 * 1024 - 1) + b'"'
    assert refused(aws.invoke, FunctionName=function, Payload=payload) == (
        413,
        "RequestEntityTooLargeException",
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    )
    largest = b'"' + b"x" * (6 * 1024 * 1024 - 2) + b'"'
    answer = aws.invoke(FunctionName=function, Payload=largest)
    # The function sends it back with more around it, which is more than an answer may hold.
    assert json.load(answer["Payload"])["errorType"] == "Function.ResponseSizeTooLarge"


def test_json_that_is_none(aws: Any, function: str) -> None:
    assert refused(aws.invoke, FunctionName=function, Payload=b"{nope}") == (
        400,
        "InvalidRequestContentException",
        "Could not parse request body into json: Unrecognized token 'nope': was expecting (JSON String, Number, Array,"
        " Object or token 'null', 'true' or 'false')\n at [Source: (byte[])\"{nope}\"; line: 1, column: 2]",
    )


def test_a_second_create(aws: Any, function: str, zipped: Callable[..., bytes]) -> None:
    found = refused(
        aws.create_function,
        FunctionName=function,
        Role="arn:aws:iam::000000000000:role/another",
        Runtime="python3.11",
        Handler="another.handler",
        Code={"ZipFile": zipped("x = 1")},
    )
    assert found == (409, "ResourceConflictException", f"Function already exist: {function}")


def test_a_wrong_signature(server: Any, function: str) -> None:
    stranger = server.client(aws_secret_access_key="wrong")
    status, code, text = refused(stranger.delete_function, FunctionName=function)
    assert (status, code) == (403, "InvalidSignatureException")
    assert text.startswith(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access"
        " Key and signing method. Consult the service documentation for details."
    )
    nobody = server.client(aws_access_key_id="AKIAIOSFODNN7EXAMPLE")
    assert refused(nobody.delete_function, FunctionName=function) == (
        403,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )


def test_a_body_longer_than_declared(server: Any, function: str) -> None:
    """What was declared is answered; the rest is no request, and ends the connection."""
    answers = raw(server, function, b"1", sent=b"1; DELETE everything\r\n\r\n")
    assert answers[0].startswith(b"HTTP/1.1 200 ")
    assert [answer.split(b" ")[1] for answer in answers[1:]] == [b"400"]


def test_a_body_other_than_signed(server: Any, function: str) -> None:
    answers = raw(server, function, b"1", sent=b"2")
    assert answers[0].startswith(b"HTTP/1.1 403 ")
    assert b"InvalidSignatureException" in answers[0]


def raw(server: Any, function: str, body: bytes, *, sent: bytes) -> list[bytes]:
    """Sign an invocation with `body`, but send `sent`; every answer until the connection ends."""
    parts = urlsplit(server.endpoint)
    url = server.endpoint + INVOKE.format(function)
    key = Key(server.access_key_id, server.secret_access_key)
    headers = sign("POST", url, {}, body, key=key, region="us-east-1", service="lambda", now=time.time())
    head = f"POST {INVOKE.format(function)} HTTP/1.1\r\nContent-Length: {len(body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    received = b""
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as connection:
        connection.sendall(head.encode() + b"\r\n" + sent)
        if len(sent) <= len(body):
            connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(65536):
            received += piece
    return [b"HTTP/1.1 " + answer for answer in received.split(b"HTTP/1.1 ")[1:]]
