"""The Runtime API as awslambdaric's client uses it, against a server that says whatever the test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import ModuleType
from typing import Any, cast

import pytest

from lambent.runtimes.python import lambent_api


class Server(HTTPServer):
    """Answers each request with the next of `answers`: status, headers, body."""

    answers: list[tuple[int, dict[str, str], bytes]]
    seen: list[tuple[str, str, dict[str, str], bytes]]
    connections: int


class Handler(BaseHTTPRequestHandler):
    """One kept connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, dict(self.headers.items()), body))
        status, headers, answer = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(answer))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Handler)
    made.answers, made.seen, made.connections = [], [], 0
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def api(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module, not connected yet."""
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", f"127.0.0.1:{server.server_port}")
    lambent_api.initialize_client("tester/1")
    yield cast(ModuleType, lambent_api)
    if lambent_api._connection is not None:
        lambent_api._connection.close()
    lambent_api._connection = None


OK = (202, {}, b'{"status":"OK"}')


def test_an_event_with_what_comes_with_it(server: Server, api: ModuleType) -> None:
    headers = {"lambda-runtime-aws-request-id": "id", "Lambda-Runtime-Deadline-Ms": "12", "X-Other": "x"}
    server.answers.append((200, headers, b'{"a":1}'))
    assert api.next() == (
        b'{"a":1}',
        {"Lambda-Runtime-Aws-Request-Id": "id", "Lambda-Runtime-Deadline-Ms": 12},
    )
    method, path, sent, _ = server.seen[0]
    assert (method, path, sent["User-Agent"]) == ("GET", "/2018-06-01/runtime/invocation/next", "tester/1")


def test_no_event_ends_the_runtime(server: Server, api: ModuleType) -> None:
    server.answers.append((500, {}, b""))
    with pytest.raises(RuntimeError, match="Failed to get next"):
        api.next()


def test_answers_go_over_one_connection(server: Server, api: ModuleType) -> None:
    server.answers += [OK, OK, OK]
    api.post_invocation_result("id", b"\xff", "application/unknown")
    api.post_invocation_result("id", b"", "")
    api.post_error("id", '{"errorType":"Error"}', '{\n"paths": ["é"]}')
    assert [(path, headers["Content-Type"], body) for _, path, headers, body in server.seen] == [
        ("/2018-06-01/runtime/invocation/id/response", "application/unknown", b"\xff"),
        ("/2018-06-01/runtime/invocation/id/response", "application/octet-stream", b""),
        ("/2018-06-01/runtime/invocation/id/error", "application/json", b'{"errorType":"Error"}'),
    ]
    headers = server.seen[2][2]
    assert headers["Lambda-Runtime-Function-Error-Type"] == "Error"
    assert json.loads(headers["Lambda-Runtime-Function-XRay-Error-Cause"]) == {"paths": ["é"]}
    assert server.connections == 1


@pytest.mark.parametrize("document", ["no json", "{}", '{"errorType":"Größe"}', '{"errorType":"a\\nb"}'])
def test_a_type_that_no_header_can_carry_is_left_out(server: Server, api: ModuleType, document: str) -> None:
    server.answers.append(OK)
    api.post_error("id", document, "")
    assert server.seen[0][2]["Lambda-Runtime-Function-Error-Type"] == ""
    assert "Lambda-Runtime-Function-XRay-Error-Cause" not in server.seen[0][2]


def test_a_refused_answer_is_told_in_the_log(
    server: Server, api: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers.append((413, {}, b""))
    api.post_invocation_result("id", b"large", "application/json")
    assert "LAMBDA_RUNTIME Failed to post handler success response. Http response code: 413." in capsys.readouterr().err
