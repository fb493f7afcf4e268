"""The life of functions through boto3: states, waiters, versions, listings, code downloads."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Server

ACCOUNT_ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
Create = Callable[..., dict[str, Any]]
SOON = {"Delay": 0.05, "MaxAttempts": 200}


def shown(response: dict[str, Any]) -> dict[str, Any]:
    """A response without what boto3 adds."""
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


def test_from_create_to_delete(aws: Any, name: str, zipped: Callable[..., bytes]) -> None:
    code = zipped()
    made = aws.create_function(
        FunctionName=name,
        Role="arn:aws:iam::000000000000:role/worker",
        Runtime="python3.11",
        Handler="app.handler",
        Code={"ZipFile": code},
        Description="a function",
        Environment={"Variables": {"KEY": "value"}},
        Tags={"team": "a"},
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["FunctionArn"] == ACCOUNT_ARN + name
    assert (made["Version"], made["CodeSize"]) == ("$LATEST", len(code))
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(code).digest()).decode()
    assert made["State"] == "Pending"

    aws.get_waiter("function_active_v2").wait(FunctionName=name)
    for waiter in ("function_exists", "function_active", "function_updated", "function_updated_v2"):
        aws.get_waiter(waiter).wait(FunctionName=name)
    found = aws.get_function(FunctionName=name)
    assert (found["Configuration"]["State"], found["Configuration"]["LastUpdateStatus"]) == ("Active", "Successful")
    assert found["Tags"] == {"team": "a"}
    assert found["Configuration"] == shown(aws.get_function_configuration(FunctionName=name))

    assert aws.delete_function(FunctionName=name)["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(aws.exceptions.ResourceNotFoundException) as caught:
        aws.get_function(FunctionName=name)
    assert caught.value.response["Error"]["Message"] == f"Function not found: {ACCOUNT_ARN}{name}"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_the_code_can_be_downloaded(aws: Any, create: Create, name: str, zipped: Callable[..., bytes]) -> None:
    create(name)
    code = aws.get_function(FunctionName=name)["Code"]
    assert code["RepositoryType"] == "S3"
    with urllib.request.urlopen(code["Location"]) as response:
        content = response.read()
    assert hashlib.sha256(content).digest() == base64.b64decode(
        aws.get_function_configuration(FunctionName=name)["CodeSha256"]
    )
    for wrong in (code["Location"][:-1] + "x", code["Location"].replace("X-Amz-Expires=600", "X-Amz-Expires=6000")):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(wrong)
        assert caught.value.code == 403
        caught.value.close()


def test_update_code_and_configuration(aws: Any, create: Create, name: str, zipped: Callable[..., bytes]) -> None:
    before = create(name)
    new = zipped("def handler(event, context):\n    return 'new'\n")
    changed = aws.update_function_code(FunctionName=name, ZipFile=new)
    assert changed["CodeSha256"] != before["CodeSha256"]
    aws.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=SOON)
    assert json.load(aws.invoke(FunctionName=name)["Payload"]) == "new"

    aws.update_function_configuration(
        FunctionName=name, MemorySize=256, Environment={"Variables": {"NAME": "1"}}, Description="d", Timeout=7
    )
    aws.get_waiter("function_updated").wait(FunctionName=name, WaiterConfig=SOON)
    after = aws.get_function_configuration(FunctionName=name)
    assert (after["MemorySize"], after["Timeout"], after["Description"]) == (256, 7, "d")
    assert after["Environment"] == {"Variables": {"NAME": "1"}}
    assert after["RevisionId"] != before["RevisionId"]


def test_dry_run_of_an_update(aws: Any, create: Create, name: str, zipped: Callable[..., bytes]) -> None:
    before = create(name)
    tried = aws.update_function_code(FunctionName=name, ZipFile=zipped("x = 1"), DryRun=True)
    assert tried["CodeSha256"] != before["CodeSha256"]
    assert shown(aws.get_function_configuration(FunctionName=name)) == shown(before)


def test_versions(aws: Any, create: Create, name: str, zipped: Callable[..., bytes]) -> None:
    create(name)
    first = aws.publish_version(FunctionName=name, Description="first")
    assert (first["Version"], first["FunctionArn"]) == ("1", f"{ACCOUNT_ARN}{name}:1")
    assert first["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert aws.publish_version(FunctionName=name)["Version"] == "1"
    aws.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="1", WaiterConfig=SOON)

    made = aws.update_function_code(FunctionName=name, ZipFile=zipped("def handler(e, c): return 2"), Publish=True)
    assert made["Version"] == "2"
    aws.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="2", WaiterConfig=SOON)
    assert json.load(aws.invoke(FunctionName=name, Qualifier="2")["Payload"]) == 2
    old = json.load(aws.invoke(FunctionName=f"{name}:1", Payload=b"[]")["Payload"])
    assert (old["version"], old["arn"]) == ("1", f"{ACCOUNT_ARN}{name}:1")

    listed = aws.list_versions_by_function(FunctionName=name)["Versions"]
    assert [version["Version"] for version in listed] == ["$LATEST", "1", "2"]
    aws.delete_function(FunctionName=name, Qualifier="2")
    listed = aws.list_versions_by_function(FunctionName=name)["Versions"]
    assert [version["Version"] for version in listed] == ["$LATEST", "1"]
    aws.update_function_configuration(FunctionName=name, Timeout=4)
    aws.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=SOON)
    assert aws.publish_version(FunctionName=name)["Version"] == "3"


def test_listings_have_pages(server: Any, create: Create, name: str) -> None:
    elsewhere = server.client(region_name="ap-south-1")
    names = [f"{name}-{number}" for number in range(5)]
    for function in names:
        elsewhere.create_function(
            FunctionName=function,
            Role="arn:aws:iam::000000000000:role/worker",
            Runtime="python3.11",
            Handler="app.handler",
            Code={"ZipFile": _small()},
            Publish=True,
        )
    pages = elsewhere.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    found = [[function["FunctionName"] for function in page["Functions"]] for page in pages]
    assert found == [names[:2], names[2:4], names[4:]]
    every = elsewhere.get_paginator("list_functions").paginate(FunctionVersion="ALL", PaginationConfig={"PageSize": 3})
    arns = [function["FunctionArn"] for page in every for function in page["Functions"]]
    prefix = "arn:aws:lambda:ap-south-1:000000000000:function:"
    assert arns == [f"{prefix}{function}:{version}" for function in names for version in ("$LATEST", "1")]
    for function in names:
        elsewhere.delete_function(FunctionName=function)
    assert elsewhere.list_functions()["Functions"] == []


def _small() -> bytes:
    from tests.api.conftest import package

    return package("def handler(e, c): return 1")


def test_reserved_concurrency(aws: Any, create: Create, name: str) -> None:
    create(name)
    aws.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert aws.get_function(FunctionName=name)["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    with pytest.raises(aws.exceptions.TooManyRequestsException) as caught:
        aws.invoke(FunctionName=name)
    response = caught.value.response
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"
    aws.delete_function_concurrency(FunctionName=name)
    assert aws.invoke(FunctionName=name)["StatusCode"] == 200
    with pytest.raises(aws.exceptions.InvalidParameterValueException, match=r"below its minimum value of \[100\]"):
        aws.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=901)


def test_no_value_of_a_variable_lies_in_the_data_directory(server: Server, aws: Any, create: Any, name: str) -> None:
    secret = f"hunter2-of-{name}"
    source = "import os\ndef handler(e, c): return os.environ['TOKEN']"
    create(name, source, Environment={"Variables": {"TOKEN": secret}}, Publish=True)
    aws.update_function_configuration(FunctionName=name, Timeout=4)
    aws.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    assert json.load(aws.invoke(FunctionName=name)["Payload"]) == secret
    for text, found in ((secret, 1), (name, 0)):  # 1: grep found nothing
        grep = subprocess.run(["grep", "-rqF", text, str(server.data)])
        assert grep.returncode == found, text
