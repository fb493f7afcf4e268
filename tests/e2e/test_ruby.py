"""Ruby functions on the real sandbox. Skipped where there is no Ruby."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from lambent.model.function import FunctionVersion, LoggingConfig
from lambent.model.invocation import InvocationResult
from lambent.runtimes.discover import discover
from lambent.runtimes.places import Places
from lambent.settings import Settings
from tests.e2e.data_plane import ISOLATED, Platform

FOUND = [name for name in discover(Places.of(Settings.from_environment())) if name.startswith("ruby")]
RUNTIME = FOUND[-1] if FOUND else "ruby3.3"

pytestmark = pytest.mark.skipif(not FOUND, reason="no Ruby on this machine")
isolated_only = pytest.mark.parametrize("platform", [ISOLATED], indirect=True)

HANDLER = """
require "logger"
puts "importing"
$count = 0
LOGGER = Logger.new($stdout)

def handler(event:, context:)
  $count += 1
  case event["do"]
  when "raise" then raise ArgumentError, "boom \\xFF"
  when "missing" then no_such_method
  when "exit" then exit 3
  when "kill" then Process.kill("KILL", $$)
  when "large" then return "y" * event["size"]
  when "echo" then return event["payload"]
  when "bytes" then return StringIO.new("\\xFF\\x00".b)
  when "environ" then return ENV.to_h
  when "log"
    puts "first\\nline"
    LOGGER.warn("second")
    LOGGER.debug("third")
    $stdout.puts "plain"
  when "context"
    names = %i[function_name function_version invoked_function_arn memory_limit_in_mb aws_request_id log_group_name
               identity client_context tenant_id]
    seen = names.to_h { |name| [name, context.public_send(name)] }
    return seen.merge(remaining: context.get_remaining_time_in_millis, trace: ENV["_X_AMZN_TRACE_ID"])
  end
  { count: $count, ruby: RUBY_VERSION }
end

module Deep
  class Handler
    def self.process(event:, context:) = "deep"
  end
end
"""


def ruby(platform: Platform, source: str = HANDLER, handler: str = "app.handler", **changes: Any) -> FunctionVersion:
    """A function."""
    files: dict[str, str | bytes] = {"app.rb": source, "wrap": WRAPPER}
    return platform.function(files, **{"runtime": RUNTIME, "handler": handler, "timeout": 10, **changes})


WRAPPER = """#!/bin/sh
echo "wrapping $*" >&2
exec 3>&- 4>&-
exec "$@"
"""


async def answer(platform: Platform, function: FunctionVersion, event: Any = None) -> Any:
    """What a function answers that must not fail."""
    result = await platform.invoke(function, event)
    assert result.function_error is None, result
    return json.loads(result.payload)


def error(result: InvocationResult) -> dict[str, Any]:
    """The error that a function failed with."""
    assert result.function_error == "Unhandled", result
    described = json.loads(result.payload)
    assert isinstance(described, dict)
    return described


@pytest.mark.parametrize("variables", [{}, {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrap"}], ids=["plain", "wrapped"])
async def test_its_whole_life(platform: Platform, variables: dict[str, str]) -> None:
    f = ruby(platform, variables=variables)
    assert (await answer(platform, f))["count"] == 1
    assert (await answer(platform, f))["count"] == 2
    described = error(await platform.invoke(f, {"do": "raise"}))
    assert (described["errorType"], described["errorMessage"]) == ("Function<ArgumentError>", "boom \ufffd")
    assert re.search(r"/app\.rb:10:in .*handler'$", described["stackTrace"][0])
    assert len(described["stackTrace"]) == 1
    for size in (10, 100_000, 2_900_000):
        assert await answer(platform, f, {"do": "echo", "payload": "é" * size}) == "é" * size
    assert (await platform.invoke(f, {"do": "bytes"})).payload == b"\xff\x00"
    large = await platform.invoke(f, {"do": "large", "size": 7_000_000})
    assert error(large)["errorType"] == "Function.ResponseSizeTooLarge"
    assert (await answer(platform, f))["count"] == 9
    critical = await platform.invoke(f, {"do": "missing"})
    assert error(critical)["errorType"] == "Function<NameError>"
    assert "Runtime exited with error: exit status 255" in (critical.log_tail or b"").decode()
    assert (await answer(platform, f))["count"] == 1
    assert error(await platform.invoke(f, {"do": "exit"}))["errorType"] == "Function<SystemExit>"
    killed = error(await platform.invoke(f, {"do": "kill"}))
    assert killed["errorMessage"].endswith("Runtime exited with error: signal: killed")
    log = await platform.log()
    assert re.match(r"INIT_START Runtime Version: ruby:\d+\.\d+\.\d+\t", log[0])
    assert any(event.startswith("wrapping ") for event in log) == bool(variables)


async def test_the_handler_sees_lambdas_context_and_environment(platform: Platform) -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"
    f = ruby(platform, timeout=30)
    result = await platform.invoke(
        f, {"do": "context"}, request_id="5b8e", client_context='{"a":1}', cognito_identity='{"b":2}', trace_id=trace
    )
    seen = json.loads(result.payload)
    assert 29_000 < seen.pop("remaining") <= 30_000
    assert seen == {
        "function_name": "f",
        "function_version": "$LATEST",
        "invoked_function_arn": f.arn,
        "memory_limit_in_mb": "256",
        "aws_request_id": "5b8e",
        "log_group_name": "/aws/lambda/f",
        "identity": {"b": 2},
        "client_context": {"a": 1},
        "tenant_id": None,
        "trace": trace,
    }
    environ = await answer(platform, f, {"do": "environ"})
    assert environ["AWS_EXECUTION_ENV"] == f"AWS_Lambda_{RUNTIME}"
    assert not [name for name in environ if name.startswith("_L")]


async def test_methods_of_classes_are_handlers(platform: Platform) -> None:
    assert await answer(platform, ruby(platform, handler="app.Deep::Handler.process")) == "deep"


@pytest.mark.parametrize(
    ("source", "handler", "error_type", "message"),
    [
        ("require 'absent'", "app.handler", "Init<LoadError>", "cannot load such file -- absent"),
        ("def", "app.handler", "Init<SyntaxError>", ""),
        ("raise 'at load'", "app.handler", "Init<RuntimeError>", "at load"),
        ("", "other.handler", "Init<LoadError>", "cannot load such file -- other"),
        ("", "app", "Init<ArgumentError>", 'Invalid handler ["app"], must be of form'),
    ],
)
async def test_init_errors(platform: Platform, source: str, handler: str, error_type: str, message: str) -> None:
    described = error(await platform.invoke(ruby(platform, source, handler)))
    assert described["errorType"] == error_type
    assert described["errorMessage"].startswith(message)


async def test_logs_are_one_event_a_call(platform: Platform) -> None:
    await platform.invoke(ruby(platform), {"do": "log"}, request_id="5b8e")
    log = await platform.log()
    assert {"importing", "first\nline", "plain"} <= set(log)
    assert any(re.fullmatch(r"W, \[\S+ #\d+\]  WARN 5b8e -- : second", event) for event in log)


async def test_logs_in_json_heed_the_level(platform: Platform) -> None:
    logging = LoggingConfig(log_group="/aws/lambda/f", log_format="JSON", application_level="WARN")
    await platform.invoke(ruby(platform, logging=logging), {"do": "log"}, request_id="5b8e")
    (event,) = [json.loads(event) for event in await platform.log() if '"level"' in event]
    assert event.items() >= {"level": "WARN", "message": "second", "requestId": "5b8e"}.items()
