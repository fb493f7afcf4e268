"""The front door over real HTTP: presigned calls, sessions, regions, unknown services, and no authentication at all."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from lambent.cli.local_server import LocalServer

Create = Callable[..., dict[str, Any]]


def error_of(call: Callable[[], Any]) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


def http_error(url: str, **headers: str) -> tuple[int, str | None, dict[str, str]]:
    """Status, error type and body of a plain request that is refused."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(url, headers=headers))
    with caught.value as response:
        return response.code, response.headers.get("x-amzn-ErrorType"), json.loads(response.read())


def test_unsigned(server: Any) -> None:
    assert http_error(f"{server.endpoint}/2015-03-31/functions") == (
        403,
        "MissingAuthenticationTokenException",
        {"message": "Missing Authentication Token"},
    )


def test_presigned(server: Any, create: Create, name: str) -> None:
    create(name)
    url = f"{server.endpoint}/2015-03-31/functions/{name}/configuration?Qualifier=%24LATEST"
    request = AWSRequest(method="GET", url=url)
    keys = Credentials(server.access_key_id, server.secret_access_key)
    SigV4QueryAuth(keys, "lambda", "us-east-1", expires=60).add_auth(request)
    with urllib.request.urlopen(request.url) as response:
        assert json.load(response)["FunctionName"] == name


def test_a_session_token_that_we_did_not_make(server: Any) -> None:
    client = server.client(aws_session_token="token")
    assert error_of(client.list_functions) == (
        403,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )


def test_another_region_is_another_world(server: Any, create: Create, name: str) -> None:
    create(name)
    elsewhere = server.client(region_name="eu-west-1")
    status, code, text = error_of(lambda: elsewhere.get_function(FunctionName=name))
    assert (status, code) == (404, "ResourceNotFoundException")
    assert text == f"Function not found: arn:aws:lambda:eu-west-1:000000000000:function:{name}"
    here = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    assert error_of(lambda: elsewhere.get_function(FunctionName=here))[2] == (
        "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')"
    )


@pytest.mark.parametrize(
    ("service", "call", "operation"),
    [
        ("glue", "list_jobs", "ListJobs"),
        ("rds", "describe_db_instances", None),
        ("dynamodb", "list_tables", "ListTables"),
        ("s3", "list_buckets", None),
        ("elasticache", "describe_cache_clusters", None),
    ],
)
def test_services_not_yet_served(server: Any, service: str, call: str, operation: str | None) -> None:
    _, code, text = error_of(getattr(server.client(service), call))
    assert code in ("UnknownOperationException", "InvalidAction", "NotImplemented")
    named = f"operation {operation} of the service {service}" if operation else f"service {service}"
    assert text == f"The {named} is not supported by Lambent yet."


def test_operations_not_yet_served(server: Any) -> None:
    _, code, text = error_of(server.client("iam").list_saml_providers)
    assert code == "InvalidAction"
    assert text == "The operation ListSAMLProviders of the service iam is not supported by Lambent yet."


def test_without_authentication(directory: Path) -> None:
    with LocalServer(directory, ["--no-auth"]) as open_to_all:
        with urllib.request.urlopen(f"{open_to_all.endpoint}/2015-03-31/functions") as response:
            assert json.load(response) == {"Functions": []}
        client = boto3.client(
            "lambda",
            endpoint_url=open_to_all.endpoint,
            region_name="us-east-1",
            aws_access_key_id="anything",
            aws_secret_access_key="at all",
        )
        assert client.list_functions()["Functions"] == []
    assert "signatures are not checked" in open_to_all.log.read_text()
