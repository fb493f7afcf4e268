"""InvokeWithResponseStream through boto3 against a running server: pieces as they are made, then how it ended."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lambent.runtimes.discover import discover
from lambent.runtimes.places import Places
from lambent.settings import Settings

Create = Callable[..., dict[str, Any]]

NODE = max((name for name in discover(Places.of(Settings.from_environment())) if name.startswith("nodejs")), default="")
needs_node = pytest.mark.skipif(not NODE, reason="no Node.js on this machine")
needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine")

STREAMS = """
const { execFileSync } = require("child_process");
const { Readable } = require("stream");
const { pipeline } = require("stream/promises");
const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_ENDPOINT_URL } = process.env;
let count = 0;

function mayGoOn(name) {
  return execFileSync("curl", ["-sS", "--aws-sigv4", `aws:amz:${AWS_REGION}:lambda`,
    "--user", `${AWS_ACCESS_KEY_ID}:${AWS_SECRET_ACCESS_KEY}`, "-H", `x-amz-security-token: ${AWS_SESSION_TOKEN}`,
    `${AWS_ENDPOINT_URL}/2019-09-30/functions/${name}/concurrency`]).includes("Reserved");
}

exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
  count += 1;
  switch (event.do) {
    case "wait":
      await new Promise((sent) => stream.write("first", sent));
      while (!mayGoOn(context.functionName)) {}
      stream.write("last");
      return stream.end();
    case "throw": throw new TypeError("at once");
    case "throw late": stream.write("so far"); throw new TypeError("midway");
    case "exit late": await new Promise((sent) => stream.write("so far", sent)); return process.exit(7);
    case "sleep": stream.write("so far"); return new Promise((done) => setTimeout(done, 60000));
    case "pour":
      return pipeline(Readable.from(Array(event.pieces).fill(Buffer.alloc(65536, "x"))), stream);
    case "http":
      stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { "X-A": "b" } });
      stream.write("body");
      return stream.end();
  }
  stream.write(JSON.stringify({ event, count }));
  stream.end();
});
"""


@pytest.fixture
def streaming(create: Create, name: str) -> str:
    """A function that streams."""
    create(name, Runtime=NODE, Handler="index.handler", MemorySize=512, Code={"ZipFile": package("index.js", STREAMS)})
    return name


def package(file: str, text: str) -> bytes:
    """A zip file with one file, which may be a program."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(file)
        entry.external_attr = 0o100755 << 16
        archive.writestr(entry, text)
    return buffer.getvalue()


def stream(aws: Any, name: str, event: Any, **more: Any) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    """The answer's head, and its events as they come."""
    answer = aws.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(event), **more)
    return answer, iter(answer["EventStream"])


def whole(events: Iterator[dict[str, Any]]) -> tuple[bytes, dict[str, Any]]:
    """All the payload, and the last event."""
    *chunks, last = events
    return b"".join(chunk["PayloadChunk"]["Payload"] for chunk in chunks), last["InvokeComplete"]


@needs_node
@needs_curl
def test_the_first_piece_comes_before_the_last_is_made(aws: Any, streaming: str) -> None:
    answer, events = stream(aws, streaming, {"do": "wait"})
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert answer["ResponseStreamContentType"] == "application/vnd.amazon.eventstream"
    assert re.match(r"Root=1-[0-9a-f]{8}-", answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-trace-id"])
    assert next(events) == {"PayloadChunk": {"Payload": b"first"}}
    aws.put_function_concurrency(FunctionName=streaming, ReservedConcurrentExecutions=5)  # what it waits for
    assert whole(events) == (b"last", {})


@needs_node
def test_the_log_comes_with_the_end(aws: Any, streaming: str) -> None:
    answer, events = stream(aws, streaming, {"a": 1}, LogType="Tail")
    payload, complete = whole(events)
    assert json.loads(payload) == {"event": {"a": 1}, "count": 1}
    log = base64.b64decode(complete.pop("LogResult")).decode()
    assert complete == {}
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert f"START RequestId: {request_id} Version: $LATEST\n" in log
    assert f"REPORT RequestId: {request_id}\tDuration: " in log


@needs_node
@pytest.mark.parametrize(
    ("do", "payload", "error"),
    [
        ("throw", b"", {"errorType": "TypeError", "errorMessage": "at once"}),
        ("throw late", b"so far", {"errorType": "TypeError", "errorMessage": "midway"}),
        ("exit late", b"so far", {"errorType": "Runtime.ExitError"}),
        ("sleep", b"so far", {"errorType": "Sandbox.Timedout"}),
    ],
)
def test_functions_that_fail(
    aws: Any, create: Create, name: str, do: str, payload: bytes, error: dict[str, str]
) -> None:
    create(name, Runtime=NODE, Handler="index.handler", Timeout=1, Code={"ZipFile": package("index.js", STREAMS)})
    answer, events = stream(aws, name, {"do": do})
    assert answer["StatusCode"] == 200
    got, complete = whole(events)
    assert (got, complete["ErrorCode"]) == (payload, "Unhandled")
    details = json.loads(complete["ErrorDetails"])
    assert {key: details[key] for key in error} == error
    assert json.loads(whole(stream(aws, name, {})[1])[0])["event"] == {}


@needs_node
def test_status_and_headers_go_before_the_body(aws: Any, streaming: str) -> None:
    payload, complete = whole(stream(aws, streaming, {"do": "http"})[1])
    assert payload == b'{"statusCode":201,"headers":{"X-A":"b"}}' + bytes(8) + b"body"
    assert complete == {}


@needs_node
def test_invoke_puts_a_stream_together(aws: Any, streaming: str) -> None:
    whole_answer = aws.invoke(FunctionName=streaming, Payload=json.dumps({"do": "pour", "pieces": 40}))
    assert whole_answer["Payload"].read() == b"x" * 40 * 65536
    assert whole_answer["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/json"
    too_long = aws.invoke(FunctionName=streaming, Payload=json.dumps({"do": "pour", "pieces": 100}))
    assert too_long["FunctionError"] == "Unhandled"
    refused = json.load(too_long["Payload"])
    assert refused["errorType"] == "Function.ResponseSizeTooLarge"
    assert re.fullmatch(
        r"Response payload size \(\d+ bytes\) exceeded maximum allowed payload size \(6291556 bytes\)\.",
        refused["errorMessage"],
    )
    failed = aws.invoke(FunctionName=streaming, Payload=json.dumps({"do": "throw late"}))
    assert json.load(failed["Payload"])["errorMessage"] == "midway"


@needs_node
def test_a_client_that_hangs_up_does_not_stop_the_function(server: Any, aws: Any, streaming: str) -> None:
    answer, events = stream(server.client(), streaming, {"do": "wait"})
    assert next(events) == {"PayloadChunk": {"Payload": b"first"}}
    answer["EventStream"].close()
    aws.put_function_concurrency(FunctionName=streaming, ReservedConcurrentExecutions=1)
    while True:  # nobody else may run before it has come to its end
        try:
            assert json.loads(whole(stream(aws, streaming, {})[1])[0])["count"] == 2
            break
        except aws.exceptions.TooManyRequestsException:
            continue


def test_functions_that_answer_whole(aws: Any, create: Create, name: str) -> None:
    create(name, "def handler(event, context):\n    if event: raise ValueError('no')\n    return 'x' * 200_000")
    assert whole(stream(aws, name, {})[1]) == (b'"' + b"x" * 200_000 + b'"', {})
    payload, complete = whole(stream(aws, name, {"a": 1})[1])
    assert (payload, complete["ErrorCode"]) == (b"", "Unhandled")
    assert json.loads(complete["ErrorDetails"])["errorMessage"] == "no"


def test_qualifiers_and_dry_run(aws: Any, create: Create, name: str) -> None:
    create(name)
    version = aws.publish_version(FunctionName=name)["Version"]
    answer, events = stream(aws, name, {}, Qualifier=version)
    assert answer["ExecutedVersion"] == version
    assert json.loads(whole(events)[0])["version"] == version
    dry = aws.invoke_with_response_stream(FunctionName=name, InvocationType="DryRun")
    assert dry["StatusCode"] == 204
    assert list(dry["EventStream"]) == []
    dry["EventStream"].close()


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (
            {"FunctionName": "nowhere"},
            "ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nowhere",
        ),
        (
            {"Payload": b"{"},
            "InvalidRequestContentException",
            "Could not parse request body into json: Unexpected end-of-input",
        ),
        (
            {"ClientContext": "!"},
            "InvalidRequestContentException",
            "Client context must be a valid Base64-encoded JSON object of at most 3583 bytes",
        ),
        ({"TenantId": "blue"}, "InvalidParameterValueException", "The invoked function is not enabled with tenancy"),
    ],
)
def test_refusals(aws: Any, create: Create, name: str, more: dict[str, Any], code: str, message: str) -> None:
    create(name)
    with pytest.raises(aws.exceptions.ClientError) as refused:
        aws.invoke_with_response_stream(**{"FunctionName": name, **more})
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["Error"]["Message"].startswith(message)
