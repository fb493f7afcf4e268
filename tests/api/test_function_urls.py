"""Addresses of functions, called with plain HTTP as browsers and curl would."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.api.conftest import Server
from tests.api.test_response_streams import NODE, needs_node
from tests.api.test_response_streams import package as zip_of

Create = Callable[..., dict[str, Any]]
SOURCE = """
def handler(event, context):
    if event["rawPath"] == "/fail":
        raise ValueError("secret")
    if event["rawPath"] == "/plain":
        return ["a", event["requestContext"]["accountId"]]
    return {
        "statusCode": 202,
        "headers": {"x-method": event["requestContext"]["http"]["method"]},
        "cookies": ["a=1", "b=2"],
        "body": event.get("body", "") + event["rawQueryString"],
    }
"""


def call(
    server: Server, address: str, path: str = "", method: str = "GET", body: str = "", **headers: str
) -> tuple[int, http.client.HTTPMessage, str]:
    """Status, headers and body; the host name goes into the header alone, as `--resolve` of curl does."""
    here = urlsplit(server.endpoint)
    fields = {"Host": urlsplit(address).netloc} | {name.replace("_", "-"): value for name, value in headers.items()}
    with contextlib.closing(http.client.HTTPConnection(str(here.hostname), here.port or 80, timeout=30)) as connection:
        connection.request(method, "/" + path, body or None, fields)
        with connection.getresponse() as response:
            text = response.read().decode()
    return response.status, response.headers, text


def allow(aws: Any, name: str) -> None:
    """Anybody may call the function by its address."""
    shared: dict[str, Any] = {"FunctionName": name, "Principal": "*"}
    aws.add_permission(StatementId="url", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE", **shared)
    aws.add_permission(StatementId="via", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True, **shared)


def test_anybody_may_call_once_it_is_allowed(server: Server, aws: Any, create: Create, name: str) -> None:
    create(name, SOURCE)
    made = aws.create_function_url_config(
        FunctionName=name, AuthType="NONE", Cors={"AllowOrigins": ["https://a.example"]}
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    address = made["FunctionUrl"]
    assert call(server, address)[0] == 403
    allow(aws, name)

    status, headers, body = call(server, address, "x?q=1", "POST", "hello ", content_type="text/plain")
    assert (status, body, headers["x-method"]) == (202, "hello q=1", "POST")
    assert headers.get_all("set-cookie") == ["a=1", "b=2"]
    status, headers, body = call(server, address, "plain", origin="https://a.example")
    assert (status, json.loads(body)) == (200, ["a", "anonymous"])
    assert headers["access-control-allow-origin"] == "https://a.example"
    assert call(server, address, "fail")[::2] == (502, "Internal Server Error")
    url_id = urlsplit(address).netloc.partition(".")[0]
    assert call(server, server.endpoint, f"_lambent/url/{url_id}/plain")[0] == 200

    aws.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert call(server, address)[0] == 429
    aws.delete_function_url_config(FunctionName=name)
    assert call(server, address)[0] == 403


def test_only_who_signs_may_call(server: Server, aws: Any, create: Create, name: str) -> None:
    create(name, SOURCE)
    address = aws.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")["FunctionUrl"]
    assert call(server, address, "plain")[0] == 403
    request = AWSRequest("GET", f"{address}plain", headers={"Host": urlsplit(address).netloc})
    SigV4Auth(Credentials(server.access_key_id, server.secret_access_key), "lambda", "us-east-1").add_auth(request)
    status, _, body = call(server, address, "plain", **dict(request.headers.items()))
    assert (status, json.loads(body)) == (200, ["a", "000000000000"])


def test_a_streamed_answer_arrives_in_pieces(server: Server, aws: Any, create: Create, name: str) -> None:
    create(name, "def handler(e, c): return {'statusCode': 404, 'path': e['rawPath']}")
    address = aws.create_function_url_config(FunctionName=name, AuthType="NONE", InvokeMode="RESPONSE_STREAM")
    allow(aws, name)
    status, headers, body = call(server, address["FunctionUrl"], "x")
    # Python's own handlers do not stream, and what they return is not interpreted in this mode.
    assert (status, json.loads(body)) == (200, {"statusCode": 404, "path": "/x"})
    assert headers["transfer-encoding"] == "chunked"


STREAM = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  if (event.rawPath === "/fail") throw new Error("secret");
  stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { "X-A": "b" }, cookies: ["c=1"] });
  stream.write("first,");
  if (event.rawPath === "/midway") throw new Error("secret");
  stream.end("last");
});
"""


@needs_node
def test_a_stream_says_first_what_it_is_like(server: Server, aws: Any, create: Create, name: str) -> None:
    create(name, Runtime=NODE, Handler="index.handler", MemorySize=512, Code={"ZipFile": zip_of("index.js", STREAM)})
    allow(aws, name)
    made = aws.create_function_url_config(FunctionName=name, AuthType="NONE", InvokeMode="RESPONSE_STREAM")
    status, headers, body = call(server, made["FunctionUrl"])
    assert (status, body, headers["x-a"], headers["set-cookie"]) == (201, "first,last", "b", "c=1")
    assert call(server, made["FunctionUrl"], "fail")[::2] == (502, "Internal Server Error")
    with pytest.raises(http.client.IncompleteRead):
        call(server, made["FunctionUrl"], "midway")
