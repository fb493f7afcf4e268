"""What outlives the server, and what must not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from lambent.cli.local_server import LocalServer, alive, descendants
from tests.api.conftest import ECHO, Server, package, parameters


def test_functions_survive_kill_9(directory: Path) -> None:
    with LocalServer(directory) as process:
        aws = Server(process).client()
        for name in ("first", "second"):
            aws.create_function(**parameters(name, Publish=True))
        aws.get_waiter("function_active_v2").wait(FunctionName="first")
        assert json.load(aws.invoke(FunctionName="first", Payload=b"1")["Payload"])["event"] == 1
        keys = (directory / "credentials.json").read_bytes()
        aws.create_function(**parameters("pending"))  # answered: so it is durable
        below = descendants(process.pid)
        process.crash()
    assert below
    with LocalServer(directory) as process:
        aws = Server(process).client()
        assert (directory / "credentials.json").read_bytes() == keys
        names = [function["FunctionName"] for function in aws.list_functions()["Functions"]]
        assert names == ["first", "pending", "second"]
        for name in names:
            aws.get_waiter("function_active_v2").wait(FunctionName=name)
            assert json.load(aws.invoke(FunctionName=name, Payload=b"2")["Payload"])["event"] == 2
        assert json.load(aws.invoke(FunctionName="second:1", Payload=b"3")["Payload"])["version"] == "1"
        until(lambda: not any(alive(pid) for pid in below))
    assert process.exit_status == 0, process.log.read_text()


def test_what_hangs_on_functions_survives_kill_9(directory: Path) -> None:
    content = package("x = 1", shared__py=b"WHO = 'layer'")
    with LocalServer(directory) as process:
        aws = Server(process).client()
        layers = [
            aws.publish_layer_version(LayerName=name, Content={"ZipFile": content})["LayerVersionArn"] for name in "ab"
        ]
        aws.create_function(**parameters("f", Publish=True, Tags={"a": "b"}))
        aws.get_waiter("published_version_active").wait(FunctionName="f", Qualifier="1")
        aws.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
        aws.add_permission(FunctionName="f", StatementId="s", Action="lambda:*", Principal="*", Qualifier="live")
        aws.put_function_recursion_config(FunctionName="f", RecursiveLoop="Allow")
        aws.put_runtime_management_config(FunctionName="f", UpdateRuntimeOn="FunctionUpdate")
        before = everything(aws, layers)
        process.crash()
    with LocalServer(directory) as process:
        aws = Server(process).client()
        assert everything(aws, layers) == before
        assert json.load(aws.invoke(FunctionName="f:live", Payload=b"1")["Payload"])["version"] == "1"
        assert aws.publish_layer_version(LayerName="a", Content={"ZipFile": content})["Version"] == 2


def everything(aws: Any, layers: list[str]) -> list[Any]:
    """What there is to be known of `f` and the layers, without what each answer has of its own."""
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
    answers = [
        aws.get_function_configuration(FunctionName="f"),
        aws.get_alias(FunctionName="f", Name="live"),
        aws.get_policy(FunctionName="f", Qualifier="live"),
        aws.get_function_recursion_config(FunctionName="f"),
        aws.get_runtime_management_config(FunctionName="f"),
        aws.list_tags(Resource=arn),
        aws.get_account_settings(),
        *(aws.get_layer_version_by_arn(Arn=layer) for layer in layers),
    ]
    for answer in answers:
        del answer["ResponseMetadata"]
        answer.get("Content", {}).pop("Location", None)
    return answers


def test_a_graceful_end_answers_what_is_in_work(directory: Path) -> None:
    with LocalServer(directory) as process:
        aws = Server(process).client()
        source = "import time\ndef handler(e, c): print('begun'); time.sleep(1); return 'done'"
        aws.create_function(**parameters("slow", source))
        aws.get_waiter("function_active_v2").wait(FunctionName="slow")
        answers: list[Any] = []
        call = threading.Thread(target=lambda: answers.append(json.load(aws.invoke(FunctionName="slow")["Payload"])))
        call.start()
        logs = directory / "logs"
        until(lambda: any("begun" in file.read_text() for file in logs.rglob("*.log")))
        below = descendants(process.pid)
        process.stop()
        call.join(20)
    assert answers == ["done"]
    assert process.exit_status == 0, process.log.read_text()
    assert below
    assert not [pid for pid in below if alive(pid)]
    assert not (directory / "endpoint").exists()


def test_two_servers_do_not_share_a_directory(directory: Path) -> None:
    with LocalServer(directory) as process:
        second = subprocess.run(
            [sys.executable, "-m", "lambent", "serve", "--port", "0", "--data", str(directory)],
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert second.returncode == 1
        assert second.stderr.splitlines()[-1] == (
            f"lambent: the data directory {directory} is in use by another Lambent (process {process.pid});"
            " stop it, or choose another directory with --data"
        )
        assert Server(process).client().list_functions()["Functions"] == []


def test_a_port_that_is_taken(directory: Path, server: Any) -> None:
    port = server.endpoint.rpartition(":")[2]
    second = subprocess.run(
        [sys.executable, "-m", "lambent", "serve", "--port", port, "--data", str(directory)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert second.returncode == 1
    assert second.stderr.splitlines()[-1].startswith(f"lambent: cannot listen on 127.0.0.1 port {port}: ")


def test_interrupted_from_the_keyboard(directory: Path) -> None:
    with LocalServer(directory) as process:
        process._process.send_signal(signal.SIGINT)
        assert process._process.wait(20) == 0


def test_tls_with_a_certificate_of_its_own(directory: Path) -> None:
    with LocalServer(directory, ["--tls"]) as process:
        assert process.endpoint.startswith("https://")
        aws = Server(process).client(verify=str(directory / "tls" / "certificate.pem"))
        aws.create_function(**parameters("f", ECHO))
        aws.get_waiter("function_active_v2").wait(FunctionName="f")
        assert json.load(aws.invoke(FunctionName="f", Payload=b"1")["Payload"])["event"] == 1
        assert aws.get_function(FunctionName="f")["Code"]["Location"].startswith("https://")
        aws.close()


def until(condition: Any, seconds: float = 15.0) -> None:
    """Wait for something that another process does; fail if it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail("it did not happen in time")
        time.sleep(0.02)
