"""Code that lies in S3: a small S3 over HTTP, which the server is told of by AWS_ENDPOINT_URL_S3."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from lambent.cli.local_server import LocalServer
from tests.api.conftest import Server, package, parameters

MISSING = b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"


@pytest.fixture
def bucket() -> Iterator[tuple[str, dict[str, bytes], list[str]]]:
    """Where an S3 is, its objects by request target, and what was asked for."""
    objects: dict[str, bytes] = {}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append(self.headers.get("authorization", ""))
            found = objects.get(self.path)
            self.send_response(404 if found is None else 200)
            body = MISSING if found is None else found
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", objects, asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_functions_and_layers_are_made_of_objects(
    directory: Path, bucket: tuple[str, dict[str, bytes], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, objects, asked = bucket
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
    monkeypatch.setenv("LAMBENT_NEIGHBOUR_ACCESS_KEY_ID", "AKIASOMEWHERE")
    monkeypatch.setenv("LAMBENT_NEIGHBOUR_SECRET_ACCESS_KEY", "secret")
    objects["/code/a%20b/f.zip?versionId=7"] = package("def handler(event, context): return 'first'")
    objects["/code/f.zip"] = package("def handler(event, context): return 'second'")
    with LocalServer(directory) as process:
        aws = Server(process).client()
        code = {"S3Bucket": "code", "S3Key": "a b/f.zip", "S3ObjectVersion": "7"}
        aws.create_function(**parameters("f", Code=code))
        aws.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 0.05})
        assert json.load(aws.invoke(FunctionName="f")["Payload"]) == "first"
        aws.update_function_code(FunctionName="f", S3Bucket="code", S3Key="f.zip")
        aws.get_waiter("function_updated_v2").wait(FunctionName="f", WaiterConfig={"Delay": 0.05})
        assert json.load(aws.invoke(FunctionName="f")["Payload"]) == "second"
        layer = aws.publish_layer_version(LayerName="l", Content={"S3Bucket": "code", "S3Key": "f.zip"})
        assert layer["Content"]["CodeSize"] == len(objects["/code/f.zip"])
        with pytest.raises(ClientError) as caught:
            aws.create_function(**parameters("g", Code={"S3Bucket": "code", "S3Key": "gone.zip"}))
        assert caught.value.response["Error"]["Message"] == (
            "Error occurred while GetObject. S3 Error Code: NoSuchKey."
            " S3 Error Message: The specified key does not exist."
        )
    assert all("Credential=AKIASOMEWHERE/" in each and "/us-east-1/s3/aws4_request" in each for each in asked)
    assert len(asked) == 4
