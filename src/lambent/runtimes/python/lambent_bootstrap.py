"""What turns a forked interpreter into a function's runtime process.

Runs inside the sandbox, under Python 3.9 and later, without Lambent: standard library and what lies
beside it in the library directory (/var/runtime). The zygote calls `preload` once and forks; the child
calls `run`. Nothing here may open a socket, start a thread or draw a random number before the fork, and
nothing of the platform's environment may reach the function.
"""

from __future__ import annotations

import _random
import importlib
import io
import os
import random
import re
import site
import sys
from typing import Any, Callable, FrozenSet, Iterable, List, Mapping, NoReturn, Optional, Set, Tuple

_TASK = "/var/task"
_HERE = os.path.dirname(os.path.abspath(__file__))
_STDLIB_ENTRY = re.compile(r"(python\d+\.zip|python\d+\.\d+|lib-dynload)")

# What handlers and the AWS SDK import most, from the standard library: read once, shared by every fork.
_COMMON = (
    "argparse", "base64", "calendar", "collections.abc", "concurrent.futures.thread", "configparser", "contextlib",
    "copy", "csv", "dataclasses", "datetime", "email.message", "email.parser", "email.utils", "functools", "getpass",
    "gzip", "hashlib", "hmac", "html", "http.client", "http.cookies", "inspect", "io", "ipaddress", "itertools",
    "json", "mimetypes", "operator", "pathlib", "platform", "queue", "random", "secrets", "shutil", "ssl", "string",
    "subprocess", "tempfile", "textwrap", "threading", "typing", "urllib.parse", "urllib.request", "uuid", "weakref",
    "xml.etree.ElementTree", "zipfile", "zlib",
)  # fmt: skip

_RUNTIME: Tuple[str, ...] = (
    "awslambdaric.bootstrap",
    "awslambdaric.lambda_runtime_log_utils",
    "awslambdaric.lambda_runtime_client",
    "awslambdaric.lambda_runtime_marshaller",
    "lambent_channel",
)
_LATE = ("awslambdaric.lambda_literals", "awslambdaric.lambda_runtime_hooks_runner")  # it imports these when needed

SAYS_READY = True
"""For the launcher: `run` writes to its channel when INIT is over, so that a rehearsal of it can be watched."""

_preloaded: FrozenSet[str] = frozenset()
_stdlib: Tuple[str, ...] = ()
_common_random: Any = random.seed


def preload(log_format: str) -> None:
    """Import awslambdaric for `log_format` (`Text` or `JSON`) and the common modules; call once, before forking."""
    global _preloaded, _stdlib
    if _HERE not in sys.path:
        sys.path.insert(0, _HERE)
    # awslambdaric's native HTTP client would open its connection at import: it sees that there is none.
    sys.modules["runtime_client"] = None  # type: ignore[assignment]
    os.environ["AWS_LAMBDA_LOG_FORMAT"] = log_format
    try:
        for name in _RUNTIME + _LATE:
            importlib.import_module(name)
    finally:
        del os.environ["AWS_LAMBDA_LOG_FORMAT"]
        del sys.modules["runtime_client"]
    needed = set(sys.modules)
    for name in _COMMON:
        importlib.import_module(name)
    _preloaded = frozenset(name for name in set(sys.modules) - needed if "." not in name)
    _stdlib = _standard_entries()
    # The interpreter was started with -S: give user code the built-ins that `site` adds (exit, quit, help).
    site.setquit()
    site.setcopyright()
    site.sethelper()


def run(channel_fd: int, handler: str, capture: "Optional[Callable[[], bool]]" = None) -> NoReturn:
    """Be the runtime of `handler` over the private socket until the function's process has to end.

    `capture`, if there is one, writes this process down: False in it, True wherever it is continued.
    It ends by SystemExit (status 0 once the platform hangs up), or by whatever escapes awslambdaric's
    loop: the caller ends the process, without unwinding the zygote's stack that lies beneath. It must be
    forked from a process that called `preload`, and have its own os.environ, working directory and
    standard descriptors already.
    """
    become()
    _serve(channel_fd, handler, capture)
    sys.exit(0)


def _standard_entries() -> Tuple[str, ...]:
    """Where the standard library is, of all of sys.path."""
    return tuple(entry for entry in sys.path if _STDLIB_ENTRY.fullmatch(os.path.basename(entry)))


def function_path(environment: Mapping[str, str], version: str) -> List[str]:
    """Where the function's own modules are, in Lambda's order: the package, the layers, PYTHONPATH."""
    task = environment.get("LAMBDA_TASK_ROOT") or _TASK
    entries = [task]
    if task == _TASK:  # elsewhere /opt is the machine's, not the layers'
        entries += ["/opt/python/lib/python{}/site-packages".format(version), "/opt/python"]
    return entries + [entry for entry in environment.get("PYTHONPATH", "").split(os.pathsep) if entry]


def become() -> None:
    """Make this process look as if it had been started for the function, as Lambda starts one.

    It may have been forked without what modules do then: there was no thread but this one, and no lock held. But no two
    functions may draw the same numbers.
    """
    _random.Random.seed(_common_random.__self__)  # random.seed(), without pages of its own
    sys.dont_write_bytecode = True
    sys.stdin = _stream(0, "<stdin>")
    sys.stdout = sys.__stdout__ = _stream(1, "<stdout>")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _stream(2, "<stderr>")  # type: ignore[misc]
    library = os.environ.get("LAMBDA_RUNTIME_DIR") or _HERE
    if not os.path.isdir(library):
        library = _HERE
    own = function_path(os.environ, "{}.{}".format(*sys.version_info))
    sys.path[:] = dict.fromkeys([*own, library, *(_stdlib or _standard_entries())])
    for entry in own:
        sys.path_importer_cache.pop(entry, None)
    brought = _brought(own)
    if brought:  # looking at every module's name would copy half a hundred pages
        _forget(brought)
    sys.argv[:] = [os.path.join(library, "bootstrap.py")]
    port = os.environ.pop("LAMBENT_DEBUG_PORT", None)
    if port is not None:
        _let_debugger_in(int(port))


def _let_debugger_in(port: int) -> None:
    """Have debugpy, which the function brings, listen. It is said where there is none, and the function runs on."""
    try:
        debugpy: Any = importlib.import_module("debugpy")
    except ImportError:
        print("no debugger can attach: debugpy is not in the package (pip install --target DIR debugpy)", flush=True)
        return
    debugpy.listen(("127.0.0.1", port))


def _serve(channel_fd: int, handler: str, capture: "Optional[Callable[[], bool]]") -> None:
    bootstrap, logs, client, marshaller, channel = (sys.modules[name] for name in _RUNTIME)
    # awslambdaric reads these from the environment at import, which was the zygote's, not the function's.
    level = logs._get_log_level_from_env_var(os.environ.get("AWS_LAMBDA_LOG_LEVEL"))
    vars(bootstrap)["_AWS_LAMBDA_LOG_LEVEL"] = level
    client.BaseLambdaRuntimeClient.marshaller = marshaller.LambdaMarshaller()
    try:
        bootstrap.run(handler, channel.FramedRuntimeClient(channel.Channel(channel_fd), capture))
    except channel.ChannelClosed:
        sys.exit(0)


def _stream(descriptor: int, name: str) -> Any:
    """A standard stream as a fresh interpreter in a UTF-8 locale has it; None if the descriptor is closed."""
    reading = descriptor == 0
    try:
        raw = io.FileIO(descriptor, "r" if reading else "w", closefd=False)
    except OSError:
        return None
    raw.name = name
    buffer: Any = io.BufferedReader(raw) if reading else io.BufferedWriter(raw)
    errors = "backslashreplace" if descriptor == 2 else "strict"
    stream: Any = io.TextIOWrapper(buffer, encoding="utf-8", errors=errors, line_buffering=descriptor == 2)
    stream.mode = "r" if reading else "w"
    return stream


def _brought(entries: Iterable[str]) -> Set[str]:
    """Top-level names that the function brings and that the zygote imported from the standard library."""
    found: Set[str] = set()
    for entry in entries:
        try:
            found.update(name.partition(".")[0] for name in os.listdir(entry))
        except OSError:
            continue
    return found & _preloaded


def _forget(tops: Set[str]) -> None:
    """Drop preloaded modules that the function has its own copies of: its copies come first in sys.path."""
    for name in [name for name in sys.modules if name.partition(".")[0] in tops]:
        del sys.modules[name]
