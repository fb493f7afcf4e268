"""Lambent as the bench sees it: a server of its own, tiny functions, and signed requests as raw bytes."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import time
import zipfile
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from bench.cpu import resident_mb
from bench.load import Address, Connection
from bench.measure import Contestant
from lambent.cli.client import root_key
from lambent.cli.local_server import LocalServer, descendants
from lambent.cli.roles import BASIC, TRUST
from lambent.gateway.signing import Key, sign
from lambent.settings import Settings

REGION = "us-east-1"
EVENT = b'{"ok": "yes"}'
CODE = {"lambda_function.py": "def lambda_handler(event, context):\n    return {'ok': event['ok']}\n"}
NODE_CODE = {"index.js": "exports.handler = async (event) => ({ ok: event.ok });\n"}
ROLE = "arn:aws:iam::000000000000:role/bench"
FUNCTIONS = "/2015-03-31/functions"


def package(code: dict[str, str] = CODE) -> bytes:
    """A function as a zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in code.items():
            archive.writestr(name, text)
    return made.getvalue()


def signed(
    endpoint: str,
    key: Key,
    method: str,
    path: str,
    body: bytes = b"",
    more: Mapping[str, str] | None = None,
    service: str = "lambda",
) -> bytes:
    """One signed request as it goes over the wire; good for the quarter of an hour that a signature is."""
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(more or {})}
    fields = sign(method, endpoint + path, headers, body, key=key, region=REGION, service=service, now=time.time())
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


class Target:
    """A ready server with a client of its control plane."""

    def __init__(self, server: LocalServer) -> None:
        self.server = server
        parts = urlsplit(server.endpoint)
        self.address: Address = (parts.hostname or "127.0.0.1", parts.port or 0)
        self._key = root_key(Settings(data=server.data))
        self.api: Any = boto3.client(
            "lambda",
            region_name=REGION,
            endpoint_url=server.endpoint,
            aws_access_key_id=self._key.access_key_id,
            aws_secret_access_key=self._key.secret_access_key,
            config=Config(retries={"total_max_attempts": 1}),
        )
        self._make_role()

    def _make_role(self) -> None:
        """The execution role that the bench's functions have."""
        iam: Any = boto3.client(
            "iam",
            region_name=REGION,
            endpoint_url=self.server.endpoint,
            aws_access_key_id=self._key.access_key_id,
            aws_secret_access_key=self._key.secret_access_key,
        )
        with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_role(RoleName=ROLE.rpartition("/")[2], AssumeRolePolicyDocument=TRUST)
            iam.attach_role_policy(RoleName=ROLE.rpartition("/")[2], PolicyArn=BASIC)

    def deploy(self, function: str, runtime: str, code: dict[str, str] = CODE, memory_mb: int = 1769) -> None:
        """Create a function and wait until it can be invoked."""
        self.api.create_function(
            FunctionName=function,
            Runtime=runtime,
            Role=ROLE,
            Handler="index.handler" if runtime.startswith("nodejs") else "lambda_function.lambda_handler",
            MemorySize=memory_mb,
            Timeout=60,
            Code={"ZipFile": package(code)},
        )
        self.api.get_waiter("function_active_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})

    def delete(self, function: str) -> None:
        """Delete a function; its environments end."""
        self.api.delete_function(FunctionName=function)

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """A signed request, ready to be sent."""
        return signed(self.server.endpoint, self._key, method, path, body)

    def invocation(self, function: str, event: bytes = EVENT) -> bytes:
        """A signed Invoke, ready to be sent."""
        return self.request("POST", f"{FUNCTIONS}/{function}/invocations", event)

    def event(self, function: str, event: bytes = EVENT) -> bytes:
        """The same, asynchronous."""
        path = f"{FUNCTIONS}/{function}/invocations"
        return signed(self.server.endpoint, self._key, "POST", path, event, {"X-Amz-Invocation-Type": "Event"})

    def first_ms(self, function: str) -> float:
        """Milliseconds of the first invocation of a function, at a raw client that is connected already."""
        request = self.invocation(function)
        with closing(Connection(self.address)) as connection:
            start = time.perf_counter()
            connection.exchange(request)
            return (time.perf_counter() - start) * 1000

    def first(self, function: str) -> tuple[float, float]:
        """The first invocation of a function: milliseconds at boto3, and the Init Duration of its REPORT."""
        start = time.perf_counter()
        answer = self.api.invoke(FunctionName=function, Payload=EVENT, LogType="Tail")
        seen = (time.perf_counter() - start) * 1000
        if json.loads(answer["Payload"].read()) != {"ok": "yes"}:
            raise RuntimeError(f"{function} answered something else: {answer}")
        log = base64.b64decode(answer["LogResult"]).decode()
        return seen, float(log.rpartition("Init Duration: ")[2].split(" ms")[0])

    def contestant(self, name: str, request: bytes) -> Contestant:
        """This server, answering `request`, as a contestant of `measure.compare`."""
        return Contestant(name, self.address, request, [self.server.pid], lambda: descendants(self.server.pid))

    def memory_mb(self) -> float:
        """What the server and everything below it hold now."""
        return sum(resident_mb(pid) for pid in [self.server.pid, *descendants(self.server.pid)])
