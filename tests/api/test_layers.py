"""Layers through boto3: published, merged at /opt in real sandboxes, shared, deleted."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import json
import os
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT_ARN = "arn:aws:lambda:us-east-1:000000000000:layer:"
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: layers need the isolated sandbox")
Create = Callable[..., dict[str, Any]]
Publish = Callable[..., dict[str, Any]]
SOON = {"Delay": 0.05, "MaxAttempts": 200}

_numbers = itertools.count(1)


def zipped(files: dict[str, str]) -> bytes:
    """A zip file with these texts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture
def layer() -> str:
    """A layer name that nobody has used."""
    return f"layer-{next(_numbers)}"


@pytest.fixture
def publish(aws: Any) -> Iterator[Publish]:
    """Publishes layer versions; deletes them after the test."""
    made: list[tuple[str, int]] = []

    def make(name: str, content: bytes, **more: Any) -> dict[str, Any]:
        version = aws.publish_layer_version(LayerName=name, Content={"ZipFile": content}, **more)
        made.append((name, version["Version"]))
        return dict(version)

    yield make
    for name, number in made:
        aws.delete_layer_version(LayerName=name, VersionNumber=number)


def shown(version: dict[str, Any]) -> dict[str, Any]:
    """A layer version without what every answer has its own of."""
    content = {name: value for name, value in version["Content"].items() if name != "Location"}
    return {name: value for name, value in version.items() if name != "ResponseMetadata"} | {"Content": content}


def refused(call: Callable[..., Any], **params: Any) -> tuple[int, str, str]:
    """Status, code and text of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


def test_a_life(aws: Any, layer: str, publish: Publish) -> None:
    content = zipped({"python/a.py": "x = 1"})
    compatible = {"CompatibleRuntimes": ["python3.11"], "CompatibleArchitectures": ["x86_64"]}
    made = publish(layer, content, Description="d", LicenseInfo="MIT", **compatible)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["LayerArn"], made["LayerVersionArn"]) == (ACCOUNT_ARN + layer, f"{ACCOUNT_ARN}{layer}:1")
    assert made["Content"]["CodeSha256"] == base64.b64encode(hashlib.sha256(content).digest()).decode()
    with urllib.request.urlopen(made["Content"]["Location"]) as response:
        assert response.read() == content
    for found in (
        aws.get_layer_version(LayerName=layer, VersionNumber=1),
        aws.get_layer_version_by_arn(Arn=made["LayerVersionArn"]),
    ):
        assert shown(found) == shown(made)
    publish(layer, zipped({"python/a.py": "x = 2"}))
    versions = aws.list_layer_versions(LayerName=layer)["LayerVersions"]
    assert [version["Version"] for version in versions] == [2, 1]
    latest = {one["LayerName"]: one["LatestMatchingVersion"]["Version"] for one in aws.list_layers()["Layers"]}
    assert latest[layer] == 2
    fitting = aws.list_layers(CompatibleRuntime="python3.11", CompatibleArchitecture="x86_64")["Layers"]
    assert {one["LayerName"]: one["LatestMatchingVersion"]["Version"] for one in fitting}[layer] == 1
    deleted = aws.delete_layer_version(LayerName=layer, VersionNumber=2)
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(aws.get_layer_version, LayerName=layer, VersionNumber=2) == (
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )
    assert publish(layer, content)["Version"] == 3


LOOK = """
import json, os
import shared, only_lower
from pathlib import Path

def handler(event, context):
    try:
        Path("/opt/new").write_text("")
        written = True
    except OSError as error:
        written = error.strerror
    return [shared.WHO, only_lower.WHO, Path("/opt/data.txt").read_text(), sorted(os.listdir("/opt")), written]
"""


@ROOT_ONLY
@pytest.mark.root
def test_layers_are_merged_in_order(aws: Any, create: Create, name: str, layer: str, publish: Publish) -> None:
    lower = publish(layer, zipped({"python/shared.py": "WHO = 'lower'", "python/only_lower.py": "WHO = 'only'"}))
    content = {"python/shared.py": "WHO = 'upper'", "data.txt": "data", "bin/tool.sh": "#!/bin/sh"}
    upper = publish(f"{layer}-upper", zipped(content))
    arns = [lower["LayerVersionArn"], upper["LayerVersionArn"]]
    made = create(name, LOOK, Layers=arns)
    assert [one["Arn"] for one in made["Layers"]] == arns
    answer = ["upper", "only", "data", ["bin", "data.txt", "python"], "Read-only file system"]
    assert json.load(aws.invoke(FunctionName=name)["Payload"]) == answer
    aws.publish_version(FunctionName=name)

    aws.update_function_configuration(FunctionName=name, Layers=arns[::-1])
    aws.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=SOON)
    assert json.load(aws.invoke(FunctionName=name)["Payload"])[0] == "lower"
    for one in (lower, upper):
        aws.delete_layer_version(LayerName=one["LayerArn"], VersionNumber=1)
    aws.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
    assert json.load(aws.invoke(FunctionName=name, Qualifier="1")["Payload"]) == answer


BOOTSTRAP = """#!/usr/bin/env python3
import os, urllib.request

api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
while True:
    with urllib.request.urlopen(f"{api}/next") as event:
        request_id, body = event.headers["Lambda-Runtime-Aws-Request-Id"], event.read()
    urllib.request.urlopen(f"{api}/{request_id}/response", data=b'{"layer got": ' + body + b"}").close()
"""


@ROOT_ONLY
@pytest.mark.root
def test_a_runtime_in_a_layer(aws: Any, create: Create, name: str, layer: str, publish: Publish) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, BOOTSTRAP)
    arn = publish(layer, buffer.getvalue())["LayerVersionArn"]
    create(name, Runtime="provided.al2023", Handler="unused", MemorySize=512, Layers=[arn])
    assert json.load(aws.invoke(FunctionName=name, Payload=b"7")["Payload"]) == {"layer got": 7}


def test_permissions(aws: Any, layer: str, publish: Publish) -> None:
    publish(layer, zipped({"a.txt": "a"}))
    version = {"LayerName": layer, "VersionNumber": 1}
    everybody = {"Action": "lambda:GetLayerVersion", "Principal": "*"}
    assert refused(aws.get_layer_version_policy, **version) == (
        404,
        "ResourceNotFoundException",
        "No policy is associated with the given resource.",
    )
    made = aws.add_layer_version_permission(**version, StatementId="s1", **everybody, OrganizationId="o-1234567890")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    statement = {
        "Sid": "s1",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "lambda:GetLayerVersion",
        "Resource": f"{ACCOUNT_ARN}{layer}:1",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}},
    }
    assert json.loads(made["Statement"]) == statement
    policy = aws.get_layer_version_policy(**version)
    assert json.loads(policy["Policy"]) == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}
    assert policy["RevisionId"] == made["RevisionId"]
    again = {"StatementId": "s2", "RevisionId": "0" * 8, **everybody}
    assert refused(aws.add_layer_version_permission, **version, **again)[:2] == (412, "PreconditionFailedException")
    removed = aws.remove_layer_version_permission(**version, StatementId="s1", RevisionId=policy["RevisionId"])
    assert removed["ResponseMetadata"]["HTTPStatusCode"] == 204


@ROOT_ONLY
@pytest.mark.root
@pytest.mark.parametrize(
    ("arns", "code", "text"),
    [
        (["{}:9"], "InvalidParameterValueException", "Layer version {}:9 does not exist."),
        (
            ["{}:1", "{}:1"],
            "InvalidParameterValueException",
            "Two different versions of the same layer are not allowed to be referenced in the same function. {}:1 and"
            " {}:1 are versions of the same layer.",
        ),
        (["{}"], "ValidationException", "at 'layers' failed to satisfy constraint: Member must satisfy constraint: ["),
        (
            ["arn:aws:lambda:eu-west-1:000000000000:layer:x:1"],
            "InvalidParameterValueException",
            "Layers are not in the same region as the function. Layers are expected to be in region us-east-1.",
        ),
    ],
)
def test_functions_refuse(
    aws: Any, create: Create, name: str, layer: str, publish: Publish, arns: list[str], code: str, text: str
) -> None:
    arn = publish(layer, zipped({"a.txt": "a"}))["LayerArn"]
    create(name)
    asked = [one.format(arn) for one in arns]
    found = refused(aws.update_function_configuration, FunctionName=name, Layers=asked)
    assert found[:2] == (400, code)
    assert text.format(arn, arn) in found[2]


def test_other_refusals(aws: Any, layer: str) -> None:
    assert refused(aws.get_layer_version, LayerName=layer, VersionNumber=0) == (
        400,
        "InvalidParameterValueException",
        "Layer Version Cannot be less than 1",
    )
    assert refused(aws.publish_layer_version, LayerName=layer, Content={"ZipFile": b"no zip"}) == (
        400,
        "InvalidParameterValueException",
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
    )
    assert refused(aws.list_layers, CompatibleRuntime="cobol")[1] == "ValidationException"


def test_50_mb(aws: Any, create: Create, name: str, layer: str, publish: Publish) -> None:
    """The largest package that may come in a request; one that is larger than any request may be."""
    noise = os.urandom(50 * 1024 * 1024 - 1000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "import os\ndef handler(e, c): return os.path.getsize('/var/task/noise')")
        archive.writestr("noise", noise)
    content = buffer.getvalue()
    assert 50_000_000 < len(content) <= 52_428_800
    version = publish(layer, content)
    assert version["Content"]["CodeSize"] == len(content)
    create(name)
    changed = aws.update_function_code(FunctionName=name, ZipFile=content)
    assert (changed["CodeSha256"], changed["CodeSize"]) == (version["Content"]["CodeSha256"], len(content))
    aws.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=SOON)
    assert json.load(aws.invoke(FunctionName=name)["Payload"]) == len(noise)
    for call, action, more in (
        (aws.publish_layer_version, "PublishLayerVersion", {"LayerName": layer, "Content": {"ZipFile": content * 2}}),
        (aws.update_function_code, "UpdateFunctionCode", {"FunctionName": name, "ZipFile": content * 2}),
    ):
        assert refused(call, **more) == (
            413,
            "RequestEntityTooLargeException",
            f"Request must be smaller than 70167211 bytes for the {action} operation",
        )
