"""The environment of a function's process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lambent.invoke.base import Credentials
from lambent.invoke.variables import RESERVED, relocated, variables
from lambent.model.function import Capacity, FunctionVersion, LoggingConfig
from lambent.model.invocation import InitType

Make = Callable[..., FunctionVersion]
KEYS = Credentials("ASIAKEY", "very secret", "a token")


def test_the_whole_environment_of_a_python_function(function: Make) -> None:
    assert variables(function(memory_mb=256, variables={"TABLE": "t"}), "2026/11/20/[$LATEST]ab", KEYS) == {
        "_HANDLER": "app.handler",
        "AWS_ACCESS_KEY_ID": "ASIAKEY",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "Text",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/20/[$LATEST]ab",
        "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "very secret",
        "AWS_SESSION_TOKEN": "a token",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": (
            "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
        ),
        "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "PYTHONPATH": "/var/runtime",
        "TABLE": "t",
        "TZ": ":UTC",
    }


def test_a_user_may_change_the_defaults_but_nothing_reserved(function: Make) -> None:
    wanted = dict.fromkeys(RESERVED, "mine") | {"TZ": "Europe/Berlin", "PATH": "/opt/bin", "PYTHONPATH": "/x"}
    made = variables(function(variables=wanted), "s", KEYS)
    assert (made["TZ"], made["PATH"], made["PYTHONPATH"]) == ("Europe/Berlin", "/opt/bin", "/x")
    assert "mine" not in made.values()


def test_a_provided_runtime_has_no_execution_environment(function: Make) -> None:
    made = variables(function(runtime="provided.al2023"), "s", KEYS)
    assert "AWS_EXECUTION_ENV" not in made
    assert "PYTHONPATH" not in made


def test_the_log_settings_reach_the_runtime(function: Make) -> None:
    logging = LoggingConfig(log_group="shared", log_format="JSON", application_level="DEBUG")
    made = variables(function(logging=logging), "s", KEYS)
    assert made["AWS_LAMBDA_LOG_FORMAT"] == "JSON"
    assert made["AWS_LAMBDA_LOG_LEVEL"] == "DEBUG"
    assert made["AWS_LAMBDA_LOG_GROUP_NAME"] == "shared"


NODE_LAYERS = "/opt/nodejs/node20/node_modules:/opt/nodejs/node_modules"


@pytest.mark.parametrize(
    ("runtime", "expected"),
    [
        ("nodejs20.x", {"NODE_PATH": f"{NODE_LAYERS}:/var/runtime/node_modules:/var/runtime:/var/task"}),
        ("ruby3.3", {"GEM_PATH": "/var/task/vendor/bundle/ruby/3.3.0:/opt/ruby/gems/3.3.0"}),
        ("ruby3.3", {"RUBYLIB": "/var/task:/var/runtime/lib:/opt/ruby/lib"}),
    ],
)
def test_each_language_has_its_own_search_path(function: Make, runtime: str, expected: dict[str, str]) -> None:
    made = variables(function(runtime=runtime), "s", KEYS)
    assert made.items() >= expected.items()
    assert "PYTHONPATH" not in made
    (name,) = expected
    assert variables(function(runtime=runtime, variables={name: "mine"}), "s", KEYS)[name] == "mine"


@pytest.mark.parametrize("runtime", ["java21", "provided.al2023"])
def test_others_have_none(function: Make, runtime: str) -> None:
    made = variables(function(runtime=runtime), "s", KEYS)
    assert not {"PYTHONPATH", "NODE_PATH", "GEM_PATH"}.intersection(made)


def test_how_many_run_at_once_on_managed_instances(function: Make) -> None:
    made = variables(function(capacity=Capacity("arn", 12, 2.0)), "s", KEYS, InitType.MANAGED)
    assert made["AWS_LAMBDA_MAX_CONCURRENCY"] == "12"
    assert made["AWS_LAMBDA_INITIALIZATION_TYPE"] == "lambda-managed-instances"
    assert "AWS_LAMBDA_MAX_CONCURRENCY" not in variables(function(), "s", KEYS)


def test_under_snapstart_credentials_have_an_address_where_there_is_one(function: Make) -> None:
    keys = Credentials("a", "b", "c")
    found = variables(function(), "stream", keys, InitType.SNAP_START, "http://127.0.0.1:9001/2021-04-23/credentials")
    assert found["AWS_CONTAINER_CREDENTIALS_FULL_URI"] == "http://127.0.0.1:9001/2021-04-23/credentials"
    assert not any(name.startswith(("AWS_SECRET", "AWS_SESSION", "AWS_ACCESS", "AWS_LAMBDA_LOG_S")) for name in found)
    for init_type, address in ((InitType.SNAP_START, None), (InitType.ON_DEMAND, "http://x")):
        found = variables(function(), "stream", keys, init_type, address)
        assert (found["AWS_ACCESS_KEY_ID"], found["AWS_LAMBDA_LOG_STREAM_NAME"]) == ("a", "stream")
        assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" not in found


def test_where_the_daemon_is_may_change_but_not_what_the_function_says() -> None:
    moved = relocated({"AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000", "A": "1"}, ("127.0.0.1", 4711))
    assert moved == {"AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:4711", "A": "1"}
    mine = {"AWS_XRAY_DAEMON_ADDRESS": "10.0.0.1:2000"}
    assert relocated(mine, ("127.0.0.1", 4711)) == mine
