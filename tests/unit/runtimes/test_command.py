"""What starts each kind of runtime, with and without a wrapper script."""

from __future__ import annotations

import pytest

from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtimes.command import Start, start

WRAPPER = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap"}
PYTHON = Runtime("python3.12", RuntimeKind.PYTHON)
NODE = Runtime("nodejs20.x", RuntimeKind.FRAMED)
RUBY = Runtime("ruby3.3", RuntimeKind.FRAMED)
JAVA = Runtime("java21", RuntimeKind.EXEC)
PROVIDED = Runtime("provided.al2023", RuntimeKind.EXEC)


def of(runtime: Runtime, variables: dict[str, str] | None = None, memory_mb: int = 128) -> Start:
    """How a function of that runtime starts."""
    return start(runtime, handler="a.b::c", memory_mb=memory_mb, variables=variables or {})


@pytest.mark.parametrize("runtime", [PYTHON, PROVIDED])
def test_what_is_forked_or_brings_its_program_has_no_command(runtime: Runtime) -> None:
    assert of(runtime) == Start(runtime)


def test_provided_heeds_no_wrapper_as_on_lambda() -> None:
    assert of(PROVIDED, WRAPPER) == Start(PROVIDED)


def test_node_knows_its_memory() -> None:
    options = ("--max-semi-space-size=51", "--max-old-space-size=922")
    assert of(NODE, memory_mb=1024) == Start(NODE, ("{executable}", *options, "{library}/index.cjs"))
    assert "--max-semi-space-size=6" in of(NODE).command


def test_ruby() -> None:
    assert of(RUBY) == Start(RUBY, ("{executable}", "{library}/runtime.rb"))


def test_java_has_its_memory_its_archive_and_its_handler() -> None:
    started = of(JAVA, memory_mb=512)
    assert started.runtime == JAVA
    assert started.command[0] == "{executable}"
    assert "-XX:MaxRAM=512m" in started.command
    assert "-XX:SharedArchiveFile={library}/classes/classes.jsa" in started.command
    assert "--enable-native-access=ALL-UNNAMED" not in started.command
    assert "--enable-native-access=ALL-UNNAMED" in of(Runtime("java25", RuntimeKind.EXEC)).command
    assert started.command[-2:] == ("com.amazonaws.services.lambda.runtime.api.client.AWSLambda", "a.b::c")


@pytest.mark.parametrize("runtime", [NODE, RUBY, JAVA])
def test_a_wrapper_comes_first_and_what_it_starts_speaks_the_runtime_api(runtime: Runtime) -> None:
    wrapped = of(runtime, WRAPPER)
    assert wrapped.command == ("/opt/wrap", *of(runtime).command)
    assert (wrapped.runtime.name, wrapped.runtime.kind) == (runtime.name, RuntimeKind.EXEC)


def test_wrapped_python_is_started_instead_of_forked() -> None:
    wrapped = of(PYTHON, WRAPPER)
    assert wrapped.command == ("/opt/wrap", "{executable}", "{library}/lambent_wrapped.py")
    assert wrapped.runtime.kind is RuntimeKind.EXEC
    assert of(PYTHON, {"AWS_LAMBDA_EXEC_WRAPPER": ""}) == Start(PYTHON)


def test_a_language_without_a_command_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="no command for dotnet"):
        of(Runtime("dotnet8", RuntimeKind.EXEC))


@pytest.mark.parametrize("runtime", [PYTHON, NODE])
def test_what_runs_several_at_once_is_started_and_speaks_the_runtime_api(runtime: Runtime) -> None:
    shared = start(runtime, handler="a.b", memory_mb=128, variables={}, shared=True)
    assert shared.runtime.kind is RuntimeKind.EXEC
    assert shared.command == start(runtime, handler="a.b", memory_mb=128, variables=WRAPPER).command[1:]
    both = start(runtime, handler="a.b", memory_mb=128, variables=WRAPPER, shared=True)
    assert both.command == ("/opt/wrap", *shared.command)
