"""The bootstrap in real interpreters, forked as the sandbox forks them; awslambdaric does the handler work."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lambent.model.invocation import FunctionError
from lambent.model.runtime import Runtime
from lambent.runtime_api.frames import MAX_PAYLOAD
from lambent.runtime_api.session import Disconnected, Failed, InitFailed, Initialized, Responded
from lambent.runtimes.library import has_sdk
from lambent.runtimes.python.lambent_bootstrap import function_path

Start = Callable[..., Awaitable[Any]]
ALL = ("python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14")
ID = "8f5a2f9e-0000-4000-8000-000000000001"


@pytest.fixture(params=ALL)
def runtime(request: pytest.FixtureRequest, found: dict[str, Runtime]) -> str:
    """Each managed Python runtime that this machine has."""
    name: str = request.param
    if name not in found:
        pytest.skip(f"{name} is not on this machine")
    return name


async def result(running: Any, payload: bytes = b"{}", **fields: object) -> Any:
    """The decoded JSON of a successful invocation."""
    assert await running.session.initialized() == Initialized()
    outcome = await running.invoke(payload, **fields)
    assert isinstance(outcome, Responded), (outcome, running.written())
    return json.loads(outcome.payload)


async def test_every_interpreter_answers_fails_and_goes_on(start: Start, runtime: str) -> None:
    source = """
import sys
def handler(event, context):
    print("hello", event)
    if event.get("fail"):
        raise ValueError("no: é")
    return {"python": "python%d.%d" % sys.version_info[:2], "event": event, "id": context.aws_request_id}
"""
    running = await start(source, runtime=runtime)
    assert await result(running, '{"a": "é"}'.encode()) == {"python": runtime, "event": {"a": "é"}, "id": ID}
    failed = await running.invoke(b'{"fail": true}')
    assert isinstance(failed, Failed)
    assert failed.error.error_type == "ValueError"
    error = json.loads(failed.error.payload)
    assert list(error) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert (error["errorMessage"], error["errorType"], error["requestId"]) == ("no: é", "ValueError", ID)
    assert len(error["stackTrace"]) == 1
    assert re.fullmatch(
        r'  File ".*/function\.py", line 6, in handler\n    raise .*\n( *\^+\n)?', error["stackTrace"][0]
    )
    assert (await result(running))["event"] == {}
    assert await running.session.idle()
    written = running.written()
    assert written.startswith("hello {'a': 'é'}\nhello {'fail': True}\n[ERROR] ValueError: no: é\rTraceback")
    running.session.close()
    assert await running.wait() == 0


async def test_boto3_is_importable_and_the_native_client_is_not_used(
    start: Start, runtime: str, found: dict[str, Runtime]
) -> None:
    if not has_sdk(found[runtime]):
        pytest.skip(f"`make setup` has not installed an SDK for {runtime}")
    source = """
import sys
from awslambdaric import lambda_runtime_client
def handler(event, context):
    import boto3
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    return [client.meta.service_model.service_name, lambda_runtime_client.runtime_client is None]
"""
    assert await result(await start(source, runtime=runtime)) == ["s3", True]


async def test_a_package_that_brings_its_own_sdk_gets_that(start: Start, tmp_path: Path) -> None:
    (tmp_path / "boto3").mkdir()
    (tmp_path / "boto3" / "__init__.py").write_text("whose = 'its own'")
    source = """
import sys
loaded = [name for name in sys.modules if name.startswith(("boto", "s3transfer", "urllib3"))]
import boto3
def handler(event, context):
    return [loaded, boto3.whose]
"""
    assert await result(await start(source)) == [[], "its own"]


@pytest.mark.parametrize(
    ("source", "handler", "error_type", "message"),
    [
        (
            "import nothing_like_it",
            "function.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'function'",
        ),
        ("def x(:", "function.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'function'"),
        ("x = 1", "function.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'function'"),
        ("x = 1", "nowhere.handler", "Runtime.ImportModuleError", "Unable to import module 'nowhere': No module named"),
        ("x = 1", "handler", "Runtime.MalformedHandlerName", "Bad handler 'handler'"),
        ("x = 1", "sys.handler", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys"),
        ("1 / 0", "function.handler", "ZeroDivisionError", "division by zero"),
    ],
)
async def test_what_cannot_be_loaded_is_an_init_error(
    start: Start, source: str, handler: str, error_type: str, message: str
) -> None:
    running = await start(source, handler)
    outcome = await running.session.initialized()
    assert isinstance(outcome, InitFailed)
    assert outcome.error.error_type == error_type
    error = json.loads(outcome.error.payload)
    assert error["errorType"] == error_type
    assert error["errorMessage"].startswith(message)
    assert error["requestId"] == ""
    assert await running.wait() == 1
    written = running.written()
    assert "LAMBDA_WARNING: Unhandled exception." in written
    assert f"[ERROR] {error_type}: {message}" in written


async def test_exit_during_init_disconnects(start: Start) -> None:
    running = await start("import sys; sys.exit(3)")
    assert await running.session.initialized() == Disconnected()
    assert await running.wait() == 3


@pytest.mark.parametrize(
    ("statement", "status"),
    [("sys.exit(7)", 7), ("exit()", 0), ("sys.exit('no')", 1), ("os._exit(9)", 9), ("os.kill(os.getpid(), 9)", -9)],
)
async def test_exit_in_the_handler_disconnects(start: Start, statement: str, status: int) -> None:
    running = await start(f"import os, sys\ndef handler(event, context):\n    print('last')\n    {statement}")
    await running.session.initialized()
    assert await running.invoke() == Disconnected()
    assert await running.wait() == status
    assert running.written().startswith("last\n")


async def test_the_zygote_survives_its_forks(start: Start) -> None:
    running = await start("import sys\ndef handler(event, context): sys.exit(0)")
    await running.session.initialized()
    assert await running.invoke() == Disconnected()
    assert await running.wait() == 0
    assert await result(await start("def handler(event, context): return 1")) == 1


async def test_what_escapes_the_loop_ends_the_process(start: Start) -> None:
    running = await start("def handler(event, context): raise KeyboardInterrupt('stop')")
    await running.session.initialized()
    assert await running.invoke() == Disconnected()
    assert await running.wait() == 1
    assert running.written().endswith("KeyboardInterrupt: stop\n")


async def test_bytes_result_is_passed_on_verbatim(start: Start) -> None:
    running = await start("def handler(event, context): return b'\\x00\\xff'")
    await running.session.initialized()
    assert await running.invoke() == Responded(b"\x00\xff", "application/unknown")


async def test_result_that_json_has_no_word_for(start: Start) -> None:
    running = await start("def handler(event, context): return {1, 2}")
    await running.session.initialized()
    outcome = await running.invoke()
    assert isinstance(outcome, Failed)
    assert outcome.error == FunctionError(
        "Runtime.MarshalError",
        (
            b'{"errorMessage": "Unable to marshal response: Object of type set is not JSON serializable", '
            b'"errorType": "Runtime.MarshalError", "requestId": "%b", "stackTrace": []}' % ID.encode()
        ),
    )


async def test_event_that_is_no_json(start: Start) -> None:
    running = await start("def handler(event, context): return 1")
    await running.session.initialized()
    outcome = await running.invoke(b"{")
    assert isinstance(outcome, Failed)
    assert outcome.error.error_type == "Runtime.UnmarshalError"


async def test_event_of_another_content_type_arrives_as_bytes(start: Start) -> None:
    running = await start("def handler(event, context): return type(event).__name__")
    assert await result(running, b"\x00", content_type="application/octet-stream") == "bytes"


async def test_six_megabytes_both_ways(start: Start) -> None:
    running = await start("def handler(event, context): return event")
    await running.session.initialized()
    event = b'"' + b"x" * (6 * 1024 * 1024 - 2) + b'"'
    for _ in range(3):
        assert await running.invoke(event) == Responded(event)


async def test_answer_of_the_greatest_size_and_one_byte_more(start: Start) -> None:
    running = await start("def handler(event, context): return b'x' * event")
    await running.session.initialized()
    whole = await running.invoke(str(MAX_PAYLOAD).encode())
    assert isinstance(whole, Responded)
    assert len(whole.payload) == MAX_PAYLOAD
    outcome = await running.invoke(str(MAX_PAYLOAD + 1).encode())
    assert outcome == Failed(
        FunctionError(
            "Function.ResponseSizeTooLarge",
            b'{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size (6291557 bytes) '
            b'exceeded maximum allowed payload size (6291556 bytes)."}',
        )
    )
    assert "Failed to post handler success response. Http response code: 413." in running.written()
    assert isinstance(await running.invoke(b"1"), Responded)


async def test_error_that_is_too_large(start: Start) -> None:
    running = await start("def handler(event, context): raise ValueError('x' * 7_000_000)")
    await running.session.initialized()
    outcome = await running.invoke()
    assert isinstance(outcome, Failed)
    assert outcome.error.error_type == "Function.ResponseSizeTooLarge"


async def test_init_error_that_is_too_large_is_cut(start: Start) -> None:
    running = await start("raise ValueError('x' * 7_000_000)")
    outcome = await running.session.initialized()
    assert isinstance(outcome, InitFailed)
    error = json.loads(outcome.error.payload)
    assert error["errorType"] == "ValueError"
    assert len(error["errorMessage"]) == 65536


async def test_context(start: Start) -> None:
    source = """
import os
def handler(event, context):
    client = context.client_context
    return {
        "left": context.get_remaining_time_in_millis(),
        "custom": client.custom, "title": client.client.app_title,
        "identity": [context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id],
        "tenant": context.tenant_id, "arn": context.invoked_function_arn, "name": context.function_name,
        "memory": context.memory_limit_in_mb, "version": context.function_version,
        "group": context.log_group_name, "stream": context.log_stream_name, "trace": os.environ.get("_X_AMZN_TRACE_ID"),
    }
"""
    variables = {
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
        "AWS_LAMBDA_LOG_STREAM_NAME": "s",
    }
    running = await start(source, variables=variables)
    answer = await result(
        running,
        client_context='{"custom": {"k": "v"}, "client": {"app_title": "t"}}',
        cognito_identity='{"cognitoIdentityId": "i", "cognitoIdentityPoolId": "p"}',
        tenant_id="tenant",
        trace_id="Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
        invoked_arn="arn:aws:lambda:eu-west-1:123456789012:function:f:live",
    )
    left = answer.pop("left")
    assert left > 60_000
    assert answer == {
        "custom": {"k": "v"},
        "title": "t",
        "identity": ["i", "p"],
        "tenant": "tenant",
        "arn": "arn:aws:lambda:eu-west-1:123456789012:function:f:live",
        "name": "f",
        "memory": "128",
        "version": "$LATEST",
        "group": "/aws/lambda/f",
        "stream": "s",
        "trace": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
    }
    late = await result(await start("def handler(e, c): return c.get_remaining_time_in_millis()"), deadline_ms=1)
    assert late == 0


async def test_text_log_lines(start: Start) -> None:
    source = """
import logging, sys
logging.getLogger().setLevel("INFO")
logging.info("starting")
def handler(event, context):
    logging.info("one\\ntwo")
    logging.debug("hidden")
    print("plain")
    print("wrong", file=sys.stderr)
"""
    running = await start(source)
    assert await result(running) is None
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert re.fullmatch(
        rf"\[INFO\]\t{stamp}\t\tstarting\n\[INFO\]\t{stamp}\t{ID}\tone\ntwo\nplain\nwrong\n", running.written()
    )


async def test_json_log_format_and_level_are_the_functions_own(start: Start) -> None:
    source = """
import logging
def handler(event, context):
    logging.info("hidden")
    logging.warning("seen")
"""
    running = await start(source, variables={"AWS_LAMBDA_LOG_LEVEL": "WARN"}, log_format="JSON")
    await result(running)
    line = json.loads(running.written())
    assert (line["level"], line["message"], line["requestId"]) == ("WARNING", "seen", ID)
    quiet = await start(source, variables={"AWS_LAMBDA_LOG_LEVEL": "ERROR"}, log_format="JSON")
    await result(quiet)
    assert quiet.written() == ""


async def test_framed_log_descriptor(start: Start) -> None:
    source = """
import logging, os
def handler(event, context):
    logging.error("framed")
    return "_LAMBDA_TELEMETRY_LOG_FD" in os.environ
"""
    running = await start(source, framed_log=True)
    assert await result(running) is False
    logged = running.logged()
    assert logged[:4] == bytes.fromhex("a55a0003")
    assert logged[16:].endswith(b"\tframed\n")
    assert int.from_bytes(logged[4:8], "big") == len(logged) - 16


async def test_marshalling_follows_the_functions_runtime(start: Start, found: dict[str, Runtime]) -> None:
    source = "def handler(event, context): return 'é'"
    for execution, text in (("AWS_Lambda_python3.12", '"é"'), ("AWS_Lambda_python3.11", '"\\u00e9"')):
        running = await start(source, variables={"AWS_EXECUTION_ENV": execution})
        await running.session.initialized()
        assert await running.invoke() == Responded(text.encode())


async def test_the_process_looks_as_if_started_for_the_function(start: Start, tmp_path: Path) -> None:
    source = """
import os, random, sys, time
def handler(event, context):
    return {"path": sys.path[0], "cwd": os.getcwd(), "argv": sys.argv, "tz": time.tzname[0], "random": random.random(),
            "site": [p for p in sys.path if "-packages" in p], "stdout": [sys.stdout.encoding, sys.stdout.name],
            "quit": callable(quit), "variables": sorted(os.environ)}
"""
    first = await result(await start(source, variables={"TZ": "Asia/Tokyo", "PYTHONPATH": "/opt/mine:"}))
    second = await result(await start(source))
    assert first["path"] == first["cwd"] == str(tmp_path)
    assert (first["tz"], second["tz"]) == ("JST", "UTC")
    assert first["site"] == []
    assert first["stdout"] == ["utf-8", "<stdout>"]
    assert first["quit"] is True
    assert first["argv"][0].endswith("/bootstrap.py")
    assert first["random"] != second["random"]
    assert "PATH" not in second["variables"]


async def test_modules_of_the_package_win_over_preloaded_ones(start: Start, tmp_path: Path) -> None:
    (tmp_path / "calendar.py").write_text("mine = True")
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "__init__.py").write_text("mine = True")
    source = """
import calendar, email, uuid
def handler(event, context): return [calendar.mine, email.mine, len(str(uuid.uuid4()))]
"""
    assert await result(await start(source)) == [True, True, 36]


async def test_a_subprocess_does_not_inherit_the_channel(start: Start) -> None:
    source = """
import subprocess, sys
def handler(event, context):
    code = "import os; print(sorted(os.listdir('/proc/self/fd')))"
    return subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True).stdout
"""
    assert (await result(await start(source))).strip() == "['0', '1', '2', '3']"


def test_path_of_a_function() -> None:
    assert function_path({}, "3.12") == ["/var/task", "/opt/python/lib/python3.12/site-packages", "/opt/python"]
    outside = {"LAMBDA_TASK_ROOT": "/code", "PYTHONPATH": "/a::/b"}
    assert function_path(outside, "3.9") == ["/code", "/a", "/b"]
