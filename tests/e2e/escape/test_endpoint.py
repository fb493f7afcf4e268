"""The platform's own endpoint as a function sees it: what its key may do it may do, and nothing else.

A whole `lambent serve`, since the front door is what is attacked; the neighbour is a second function behind it.
"""

from __future__ import annotations

import json
import os
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambent.app import ENDPOINT_CONNECTIONS
from lambent.cli.local_server import LocalServer
from tests.api.conftest import Server, parameters
from tests.e2e.escape.world import PATIENCE_SECONDS

pytestmark = [pytest.mark.root, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]

_APP = """
import datetime, hashlib, http.client, json, os, socket, struct, sys, threading, time
from urllib.parse import quote, urlsplit
import botocore.auth, botocore.awsrequest, botocore.credentials

HOST, PORT = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://").split(":")
FUNCTIONS = "/2015-03-31/functions"

def own_key(**changes):
    key = {"access_key": os.environ["AWS_ACCESS_KEY_ID"], "secret_key": os.environ["AWS_SECRET_ACCESS_KEY"],
           "token": os.environ["AWS_SESSION_TOKEN"]}
    return botocore.credentials.Credentials(**{**key, **changes})

def send(method, target, body=b"", headers=None):
    connection = http.client.HTTPConnection(HOST, int(PORT), timeout=10)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in {"Host": HOST + ":" + PORT, "Content-Length": str(len(body)), **(headers or {})}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, text

def signed(method, target, body=b"", key=None, host=None, service="lambda", region=None, headers=None):
    host = host or HOST + ":" + PORT
    request = botocore.awsrequest.AWSRequest(method, "http://placeholder" + target, data=body,
                                             headers={"Host": host, **(headers or {})})
    signer = botocore.auth.SigV4Auth(key or own_key(), service, region or os.environ["AWS_REGION"])
    signer.add_auth(request)
    return send(method, target, body, dict(request.headers.items()))

def handler(event, context):
    if event.get("again"):
        return "again"
    return attack(event, context)

"""

_NEIGHBOUR = """
import uuid
secret, count = uuid.uuid4().hex, 0

def handler(event, context):
    global count
    count += 1
    print("my diary:", event.get("entry"))
    return [secret, count]
"""


class Door:
    """A running server with a neighbour in it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.aws = server.client()
        self._number = 0
        self.neighbour = self.create(_NEIGHBOUR, "neighbour")
        self._known = self.invoke(self.neighbour)

    def create(self, source: str, name: str, **more: Any) -> str:
        """Deploy a function; its name."""
        self.aws.create_function(**parameters(name, source, **{"Runtime": "python3.12", "MemorySize": 1024, **more}))
        self.aws.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05})
        return name

    def invoke(self, name: str, event: Any = None) -> Any:
        """A function's answer, or its error."""
        return json.load(self.aws.invoke(FunctionName=name, Payload=json.dumps(event or {}))["Payload"])

    def attack(self, source: str, event: Any = None, **more: Any) -> Any:
        """Deploy, invoke once, delete."""
        self._number += 1
        name = self.create(_APP + textwrap.dedent(source), f"hostile-{self._number}", **more)
        try:
            return self.invoke(name, event)
        finally:
            self.aws.delete_function(FunctionName=name)

    def unharmed(self) -> None:
        """The neighbour answers from the same environment, and the front door for root."""
        began = time.monotonic()
        secret, count = self.invoke(self.neighbour, {"entry": "private"})
        assert [secret, count] == [self._known[0], self._known[1] + 1]
        self._known = [secret, count]
        names = [function["FunctionName"] for function in self.aws.list_functions()["Functions"]]
        assert "neighbour" in names
        assert time.monotonic() - began < PATIENCE_SECONDS
        log = self.server.process.log.read_text()
        assert " ERROR " not in log
        assert "Traceback" not in log


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with LocalServer(tmp_path_factory.mktemp("door") / "data") as process:
        yield Door(Server(process))
    assert process.exit_status == 0


UNSIGNED = [
    ("GET", "/2015-03-31/functions"),
    ("GET", "/2015-03-31/functions/neighbour"),
    ("POST", "/2015-03-31/functions/neighbour/invocations"),
    ("DELETE", "/2015-03-31/functions/neighbour"),
    ("GET", "/_lambent/environments"),
    ("GET", "/_lambent/logs?function=neighbour"),
    ("GET", "/_lambent/runtimes"),
    ("GET", "/_lambent/clock"),
    ("POST", "/_lambent/clock"),
    ("GET", "/_lambent/code/" + "0" * 64),
    ("GET", "/_lambent/../credentials.json"),
    ("GET", "//_lambent/environments"),
    ("GET", "/%5flambent/environments"),
    ("GET", "http://127.0.0.1/_lambent/environments"),
    ("POST", "/"),
]


@pytest.mark.parametrize(("method", "target"), UNSIGNED)
def test_nobody_is_heard_without_a_signature(door: Door, method: str, target: str) -> None:
    source = "def attack(event, context): return send(event['method'], event['target'])"
    status, text = door.attack(source, {"method": method, "target": target})
    assert 400 <= status < 500, text
    assert "FunctionArn" not in text
    assert "secret" not in text
    door.unharmed()


FORBIDDEN = [
    ("DELETE", "/2015-03-31/functions/neighbour", ""),
    ("PUT", "/2015-03-31/functions/neighbour/configuration", '{"Handler": "evil.handler"}'),
    ("PUT", "/2015-03-31/functions/neighbour/code", '{"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="}'),
    ("POST", "/2015-03-31/functions", '{"FunctionName": "x", "Role": "arn:aws:iam::000000000000:role/r", "Code": {}}'),
    ("POST", "/2015-03-31/functions/neighbour/versions", "{}"),
    ("PUT", "/2017-10-31/functions/neighbour/concurrency", '{"ReservedConcurrentExecutions": 0}'),
    ("GET", "/_lambent/environments", ""),
    ("GET", "/_lambent/logs?function=neighbour", ""),
    ("GET", "/_lambent/runtimes", ""),
    ("GET", "/_lambent/clock", ""),
    ("POST", "/_lambent/clock", '{"advance": 99999}'),
    ("GET", "/_lambent/code/" + "0" * 64, ""),
]  # fmt: skip


@pytest.mark.parametrize(("method", "target", "body"), FORBIDDEN)
def test_its_own_key_opens_no_more_than_it_should(door: Door, method: str, target: str, body: str) -> None:
    source = "def attack(event, context): return signed(event['method'], event['target'], event['body'].encode())"
    status, text = door.attack(source, {"method": method, "target": target, "body": body})
    assert status == 403, text
    assert "AccessDenied" in text or "not authorized" in text
    door.unharmed()


KEYS = {
    "another secret": "own_key(secret_key='x' * 40)",
    "another key id": "own_key(access_key='AKIAAAAAAAAAAAAAAAAA')",
    "no token": "own_key(token=None)",
    "a cut token": "own_key(token=own_key().token[:-8])",
    "a changed token": "own_key(token=own_key().token[:60] + 'AAAA' + own_key().token[64:])",
    "a token of nothing": "own_key(token='')",
    "a token that is no base64": "own_key(token='~' * 100)",
    "a huge token": "own_key(token='A' * 500_000)",
}


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_was_tampered_with_opens_nothing(door: Door, key: str) -> None:
    status, text = door.attack(f"def attack(event, context): return signed('GET', FUNCTIONS, key={KEYS[key]})")
    assert 400 <= status < 500, text
    assert "FunctionArn" not in text
    door.unharmed()


def test_a_signature_is_for_one_request_only(door: Door) -> None:
    source = """
    def attack(event, context):
        request = botocore.awsrequest.AWSRequest("GET", "http://placeholder" + FUNCTIONS, headers={"Host": "h"})
        botocore.auth.SigV4Auth(own_key(), "lambda", os.environ["AWS_REGION"]).add_auth(request)
        headers = dict(request.headers.items())
        old = botocore.auth.SigV4Auth(own_key(), "lambda", os.environ["AWS_REGION"])
        return [send("GET", FUNCTIONS, headers=headers)[0], send("GET", FUNCTIONS + "/neighbour", headers=headers)[0],
                send("DELETE", FUNCTIONS + "/neighbour", headers=headers)[0],
                send("GET", FUNCTIONS, b"a body", headers)[0],
                send("GET", FUNCTIONS, headers={**headers, "Host": "other"})[0]]
    """
    assert door.attack(source) == [200, 403, 403, 403, 403]
    door.unharmed()


def test_other_accounts_are_not_there(door: Door) -> None:
    source = """
    def attack(event, context):
        arn = quote("arn:aws:lambda:us-east-1:111122223333:function:neighbour", safe="")
        return [signed("GET", FUNCTIONS + "/" + arn), signed("POST", FUNCTIONS + "/" + arn + "/invocations", b"{}"),
                signed("POST", FUNCTIONS + "/111122223333:function:neighbour/invocations", b"{}")]
    """
    for status, text in door.attack(source):
        assert status in (403, 404), text
        assert "secret" not in text
    door.unharmed()


HOSTS = [
    "{host}/_lambent/environments?x=",
    "x/_lambent/environments?",
    "x/_lambent/environments#",
    "x/_lambent/logs?function=neighbour&x=",
    "user@x/_lambent/environments?",
    "x\\_lambent",
    "x?y",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_field_cannot_make_the_platform_sign_something_else(door: Door, host: str) -> None:
    """The address of a package is signed with the root key, for the host by which the caller came."""
    source = """
    def attack(event, context):
        host = event["host"].format(host=HOST + ":" + PORT)
        status, text = signed("GET", FUNCTIONS + "/neighbour", host=host)
        if status != 200:
            return status, None, None
        location = json.loads(text)["Code"]["Location"]
        parts = urlsplit(location)
        return 200, location, send("GET", parts.path + "?" + parts.query, headers={"Host": parts.netloc})
    """
    status, location, answer = door.attack(source, {"host": host})
    assert status == 400, (location, answer)
    door.unharmed()


def test_many_connections_with_much_in_them_are_bounded(door: Door) -> None:
    pid = door.server.process.pid
    before = open_files(pid)
    source = """
    def attack(event, context):
        kept = []
        for _ in range(900):
            try:
                kept.append(socket.create_connection((HOST, int(PORT)), 5))
                kept[-1].send(b"GET /slow HTTP/1.1\\r\\nX: " + b"x" * 1000)
            except OSError:
                pass
        time.sleep(0.5)
        alive = 0
        for each in kept:
            each.setblocking(False)
            try:
                if each.recv(1):
                    alive += 1
            except BlockingIOError:
                alive += 1
            except OSError:
                pass
        return alive
    """
    assert door.attack(source, Timeout=20) <= ENDPOINT_CONNECTIONS
    assert open_files(pid) < before + 2 * ENDPOINT_CONNECTIONS
    door.unharmed()


def test_bodies_that_never_end_do_not_fill_the_platforms_memory(door: Door) -> None:
    """They are read before the signature can be checked, and the key may not even do what is asked."""
    pid = door.server.process.pid
    before = resident_mb(pid)
    source = """
    def attack(event, context):
        request = botocore.awsrequest.AWSRequest("POST", "http://h" + FUNCTIONS, data=b"x", headers={"Host": "h"})
        botocore.auth.SigV4Auth(own_key(), "lambda", os.environ["AWS_REGION"]).add_auth(request)
        lines = [f"{name}: {value}" for name, value in request.headers.items() if name.lower() != "content-length"]
        lines = ["POST " + FUNCTIONS + " HTTP/1.1", f"Content-Length: {60 << 20}", *lines, "", ""]
        head = "\\r\\n".join(lines).encode()

        def send_most():
            one = socket.create_connection((HOST, int(PORT)), 20)
            try:
                one.sendall(head)
                for _ in range(50):
                    one.sendall(bytes(1 << 20))
                time.sleep(2)
            except OSError:
                pass

        threads = [threading.Thread(target=send_most) for _ in range(15)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    """
    most = 0
    watching = threading.Event()

    def watch() -> None:
        nonlocal most
        while not watching.wait(0.02):
            most = max(most, resident_mb(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        door.attack(source, MemorySize=3000, Timeout=30)
    finally:
        watching.set()
        watcher.join()
    assert most - before < 200
    door.unharmed()


def resident_mb(pid: int) -> int:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 // (1 << 20)


def open_files(pid: int) -> int:
    """How many descriptors a process has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
