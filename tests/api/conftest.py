"""One real server for the whole session, clients for it, and functions that clean up after themselves."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lambent.cli.local_server import LocalServer
from lambent.cli.roles import TRUST

ACCOUNT = "000000000000"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
ALLOWED = ["lambda:InvokeFunction", "lambda:Get*", "lambda:List*", "logs:*"]
ECHO = """
import json, os

def handler(event, context):
    print("event:", json.dumps(event))
    return {"event": event, "version": context.function_version, "arn": context.invoked_function_arn}
"""

_numbers = itertools.count(1)


class Server:
    """A running `lambent serve` and the keys to it."""

    def __init__(self, process: LocalServer) -> None:
        self.process = process
        self.endpoint = process.endpoint
        self.data = process.data
        keys = json.loads((process.data / "credentials.json").read_text())
        self.access_key_id: str = keys["access_key_id"]
        self.secret_access_key: str = keys["secret_access_key"]
        self._clients: list[Any] = []
        certificate = process.data / "tls" / "certificate.pem"
        make_role(self.client("iam", **({"verify": str(certificate)} if certificate.exists() else {})))

    def client(self, service: str = "lambda", **options: Any) -> Any:
        """A boto3 client; `options` override endpoint, region, keys and configuration. It never retries."""
        given: dict[str, Any] = {
            "endpoint_url": self.endpoint,
            "region_name": REGION,
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
            "config": Config(retries={"total_max_attempts": 1}, read_timeout=60),
        }
        made = boto3.client(service, **(given | options))
        self._clients.append(made)
        return made

    def close(self) -> None:
        """Close every client's connections."""
        for client in self._clients:
            client.close()


def make_role(iam: Any) -> None:
    """The execution role of the tests' functions: what they may do is in `ALLOWED`."""
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)
    allowed = {"Effect": "Allow", "Action": ALLOWED, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName="worker", PolicyName="allowed", PolicyDocument=document)
    iam.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The session's server."""
    with LocalServer(tmp_path_factory.mktemp("server") / "data") as process:
        made = Server(process)
        yield made
        made.close()
    assert process.exit_status == 0, process.log.read_text()


@pytest.fixture(scope="session")
def aws(server: Server) -> Any:
    """A boto3 Lambda client of the account's root."""
    return server.client()


@pytest.fixture
def name() -> str:
    """A function name that nobody has used."""
    return f"function-{next(_numbers)}"


def package(source: str = ECHO, **more: bytes) -> bytes:
    """A zip file with `app.py` and further files (`__` in a name stands for a dot)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", source)
        for file, content in more.items():
            archive.writestr(file.replace("__", "."), content)
    return buffer.getvalue()


@pytest.fixture
def zipped() -> Callable[..., bytes]:
    """Makes packages."""
    return package


def parameters(name: str, source: str = ECHO, **more: Any) -> dict[str, Any]:
    """What CreateFunction needs."""
    return {
        "FunctionName": name,
        "Role": ROLE,
        "Runtime": "python3.11",
        "Handler": "app.handler",
        "Code": {"ZipFile": package(source)},
        "Timeout": 10,
    } | more


@pytest.fixture
def create(aws: Any) -> Iterator[Callable[..., dict[str, Any]]]:
    """Creates functions and waits until they are Active; deletes them after the test."""
    made: list[str] = []

    def make(name: str, source: str = ECHO, **more: Any) -> dict[str, Any]:
        aws.create_function(**parameters(name, source, **more))
        made.append(name)
        aws.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
        return dict(aws.get_function_configuration(FunctionName=name))

    yield make
    for function in made:
        try:
            aws.delete_function(FunctionName=function)
        except aws.exceptions.ResourceNotFoundException:
            continue


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A data directory for a server of the test's own."""
    return tmp_path / "data"
