"""Addresses of functions, called with plain HTTP as browsers and curl would."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.api.conftest import Server

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
    connection = http.client.HTTPConnection(str(here.hostname), here.port or 80, timeout=30)
    fields = {"Host": urlsplit(address).netloc} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, "/" + path, body or None, fields)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, response.headers, text


def test_anybody_may_call_once_it_is_allowed(server: Server, aws: Any, create: Create, name: str) -> None:
    create(name, SOURCE)
    made = aws.create_function_url_config(
        FunctionName=name, AuthType="NONE", Cors={"AllowOrigins": ["https://a.example"]}
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    address = made["FunctionUrl"]
    assert call(server, address)[0] == 403
    shared: dict[str, Any] = {"FunctionName": name, "Principal": "*"}
    aws.add_permission(StatementId="url", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE", **shared)
    aws.add_permission(StatementId="via", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True, **shared)

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
