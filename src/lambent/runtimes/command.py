"""What starts a runtime's process, and what a wrapper script makes of it. Pure.

Managed Python is forked and `provided` brings its own program: neither has a command, unless the function sets
AWS_LAMBDA_EXEC_WRAPPER, which managed runtimes heed and `provided` ones, on AWS too, do not.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lambent.model.runtime import EXECUTABLE, LIBRARY, Runtime, RuntimeKind
from lambent.runtimes import names

WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"

JAVA_ARCHIVE = "classes.jsa"
"""Below the library's `classes`: the class-data sharing archive that `prepare` makes."""

JAVA_JARS = (
    "aws-lambda-java-runtime-interface-client.jar",
    "aws-lambda-java-core.jar",
    "aws-lambda-java-serialization.jar",
    "utils-lite.jar",
    "annotations.jar",
)
"""Below the library's `lib`: AWS's client, the order of its class path."""

JAVA_CLIENT_LIBRARY = "libaws-lambda-jni.so"
"""Beside the jars: the client's native part, which it would unpack to the function's /tmp otherwise."""

JAVA_MAIN = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda"
_JAVA_NATIVE = "com.amazonaws.services.lambda.runtime.api.client.runtimeapi.NativeClient.JNI"
_JAVA_HEAP_PERCENT = 85
_JAVA_ASKS_FOR_NATIVE = (22,)
"""From this version on a JVM complains of the client's native part, unless it is allowed."""


class Start(msgspec.Struct, frozen=True):
    """How a function's process is started: the sandbox's `command` for `runtime`, whose kind a wrapper changes."""

    runtime: Runtime
    command: tuple[str, ...] = ()


def start(
    runtime: Runtime, *, handler: str, memory_mb: int, variables: Mapping[str, str], shared: bool = False
) -> Start:
    """How to start `runtime` for a function with this handler, memory and environment.

    What runs under a wrapper script speaks the Runtime API: the script may close descriptors, or put a proxy
    in between. So does what runs several invocations at once (`shared`): each of its workers has a connection.
    """
    wrapper = variables.get(WRAPPER)
    language = names.language(runtime.name)
    if language == "provided" or (runtime.kind is RuntimeKind.PYTHON and not wrapper and not shared):
        return Start(runtime)
    command = (EXECUTABLE, *_arguments(language, runtime, handler, memory_mb))
    if not wrapper and not shared:
        return Start(runtime, command)
    started = msgspec.structs.replace(runtime, kind=RuntimeKind.EXEC)
    return Start(started, (wrapper, *command) if wrapper else command)


def _arguments(language: str, runtime: Runtime, handler: str, memory_mb: int) -> tuple[str, ...]:
    match language:
        case "python":
            return (f"{LIBRARY}/lambent_wrapped.py",)
        case "nodejs":
            return (*_node_memory(memory_mb), f"{LIBRARY}/index.cjs")
        case "ruby":
            return (f"{LIBRARY}/runtime.rb",)
        case "java":
            return (*java_options(runtime, memory_mb), JAVA_MAIN, handler)
        case _:
            raise ValueError(f"no command for {language}")


def _node_memory(memory_mb: int) -> tuple[str, ...]:
    """V8 cannot know the function's memory: a tenth for new objects, the rest for old ones, as on Lambda.

    Lambda's `--expose-gc` is our client's business: V8 drops its code cache for it, which costs a fifth of the start.
    """
    new = memory_mb // 10
    return f"--max-semi-space-size={max(1, new // 2)}", f"--max-old-space-size={memory_mb - new}"


def java_options(runtime: Runtime, memory_mb: int) -> tuple[str, ...]:
    """The options of a JVM for a function with this memory; `prepare` makes the archive with the same ones."""
    allowed = ("--enable-native-access=ALL-UNNAMED",) if names.version(runtime.name) >= _JAVA_ASKS_FOR_NATIVE else ()
    return (
        *allowed,
        f"-XX:MaxRAM={memory_mb}m",
        f"-XX:MaxRAMPercentage={_JAVA_HEAP_PERCENT}",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        f"-XX:SharedArchiveFile={LIBRARY}/classes/{JAVA_ARCHIVE}",
        "-Xshare:auto",
        "-Xlog:cds=off",
        "-Xlog:cds+dynamic=off",
        "--add-opens=java.base/java.io=ALL-UNNAMED",  # its log descriptor is opened by number
        f"-D{_JAVA_NATIVE}={LIBRARY}/lib/{JAVA_CLIENT_LIBRARY}",
        "-cp",
        ":".join(f"{LIBRARY}/lib/{jar}" for jar in JAVA_JARS),
    )
