"""Makes Java runtimes ready: AWS's client from Maven, and an archive of its classes for each JVM (class-data sharing).

Run by `make setup`, never while serving. Without Java or Maven there are no Java runtimes, and nothing is done; an
archive that cannot be made only makes the start slower.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lambent.model.runtime import EXECUTABLE, LIBRARY, Runtime
from lambent.runtimes import names
from lambent.runtimes.command import JAVA_ARCHIVE, JAVA_CLIENT_LIBRARY, JAVA_JARS, JAVA_MAIN, java_options
from lambent.runtimes.library import JAVA_CLIENT, STAMP
from lambent.runtimes.programs import Say, run

_INSIDE = Path(__file__).parent / "java"
_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
_MACHINES = {"x86_64": "x86_64", "aarch64": "aarch_64"}
_HANDLER = "java.util.ArrayList::contains"
_EVENT = b'{"text":"x","number":1.5,"list":[true,null,{}]}'
_MEMORY_MB = 512
_SECONDS = 60


def prepare_java(found: Mapping[str, Runtime], extras: Path, say: Say, search_path: str) -> None:
    """Fetch the client if it is not there, and archive its classes for every JVM of `found`."""
    jvms = [runtime for runtime in found.values() if names.language(runtime.name) == "java"]
    if not jvms:
        return
    maven = shutil.which("mvn", path=search_path)
    client = extras / JAVA_CLIENT
    if not _is_current(client, _client_stamp()):
        if maven is None:
            say("java: Maven (mvn) is not on PATH to fetch AWS's client, so there are no Java runtimes")
            return
        say("java: fetching AWS's client")
        if problem := _fetch(maven, client):
            say(f"java: AWS's client could not be fetched, so there are no Java runtimes: {problem}")
            return
    for jvm in jvms:
        _archive(jvm, extras, say)


def _fetch(maven: str, client: Path) -> str:
    """Install the jars of the lock at `client`, with the native library of this machine; returns why not."""
    making = client.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    options = [f"-DoutputDirectory={making}", "-Dmdep.stripVersion=true"]
    if problem := run([maven, "-q", "-B", "-f", str(_INSIDE / "pom.xml"), _GOAL, *options]):
        return problem
    for name, digest in _locked().items():
        jar = making / name
        if not jar.is_file() or hashlib.sha256(jar.read_bytes()).hexdigest() != digest:
            return f"{name} is not what the lock says"
    kind = "linux" if platform.libc_ver()[0] == "glibc" else "linux_musl"
    native = f"jni/libaws-lambda-jni.{kind}-{_MACHINES.get(platform.machine(), platform.machine())}.so"
    try:
        with zipfile.ZipFile(making / JAVA_JARS[0]) as jar_file:
            (making / JAVA_CLIENT_LIBRARY).write_bytes(jar_file.read(native))
    except KeyError:
        return f"it has no {native}"
    _replace(making, client, _client_stamp())
    return ""


def _archive(jvm: Runtime, extras: Path, say: Say) -> None:
    """Run the client once where functions will see it, and keep the classes that it loaded."""
    directory, stamp = extras / jvm.name, f"{_client_stamp()} {jvm.executable} {jvm.version}"
    if _is_current(directory, stamp):
        return
    say(f"{jvm.name}: archiving the classes of its client")
    making = directory.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    with _Trial() as trial:
        problem = trial.run(_in_its_place(jvm, extras / JAVA_CLIENT, making))
    if not (making / JAVA_ARCHIVE).is_file():
        say(f"{jvm.name}: no archive, so its start is slower: {problem or 'the JVM made none'}")
        return
    (making / JAVA_ARCHIVE).chmod(0o644)
    _replace(making, directory, stamp)


def _in_its_place(jvm: Runtime, client: Path, making: Path) -> list[str]:
    """The command that shows JVM and client, in mounts of its own, where a sandbox shows them, and starts them there:
    an archive is only good for the paths that it was made with."""
    seen = "/var/lang/" + os.path.relpath(jvm.executable, jvm.prefix)
    options = [
        option.replace(EXECUTABLE, seen).replace(LIBRARY, "/var/runtime")
        for option in (*java_options(jvm, _MEMORY_MB), JAVA_MAIN, _HANDLER)
        if not option.startswith(("-XX:SharedArchiveFile", "-Xshare"))
    ]
    script = (
        "set -e; mount -t tmpfs none /var; mkdir -p /var/lang /var/runtime/lib /var/runtime/classes;"
        ' mount --bind "$1" /var/lang; mount --bind "$2" /var/runtime/lib; mount --bind "$3" /var/runtime/classes;'
        ' shift 3; exec "$@"'
    )
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    unshare = ["unshare", "--mount", *as_root, "sh", "-c", script, "sh", jvm.prefix, str(client), str(making)]
    return [*unshare, seen, f"-XX:ArchiveClassesAtExit=/var/runtime/classes/{JAVA_ARCHIVE}", *options]


class _Trial(ThreadingHTTPServer):
    """A Runtime API that gives one event, and ends the runtime when it asks for another."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _TrialHandler)
        self.asked = 0
        self.runtime: subprocess.Popen[bytes] | None = None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *exc: object) -> None:
        self.shutdown()
        self.server_close()

    def run(self, command: list[str]) -> str:
        """Run a runtime to its end; returns what it complained of."""
        named = ("FUNCTION_NAME", "FUNCTION_VERSION", "LOG_GROUP_NAME", "LOG_STREAM_NAME")
        environment = {f"AWS_LAMBDA_{name}": "trial" for name in named}
        environment |= {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(_MEMORY_MB), "PATH": os.defpath}
        environment["AWS_LAMBDA_RUNTIME_API"] = f"127.0.0.1:{self.server_port}"
        try:
            self.runtime = subprocess.Popen(
                command, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        except OSError as error:
            return str(error)
        try:
            output, _ = self.runtime.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            self.runtime.kill()
            output, _ = self.runtime.communicate()
        lines = output.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


class _TrialHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Trial

    def do_GET(self) -> None:
        """`next`."""
        self.server.asked += 1
        if self.server.asked > 1 and self.server.runtime is not None:
            self.server.runtime.terminate()  # it writes its archive on the way
            return
        self.send_response(200)
        for name, value in (
            ("Lambda-Runtime-Aws-Request-Id", "trial"),
            ("Lambda-Runtime-Deadline-Ms", "9999999999999"),
            ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:trial"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(_EVENT))),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(_EVENT)

    def do_POST(self) -> None:
        """An answer, or an error."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nobody wants to know."""


def _locked() -> dict[str, str]:
    """The jars and their SHA-256."""
    lines = (line.split() for line in (_INSIDE / "jars.lock").read_text().splitlines())
    return {name: digest for digest, name in lines}


def _client_stamp() -> str:
    return hashlib.sha256((_INSIDE / "jars.lock").read_bytes()).hexdigest()


def _is_current(directory: Path, stamp: str) -> bool:
    try:
        return (directory / STAMP).read_text() == stamp
    except OSError:
        return False


def _replace(making: Path, directory: Path, stamp: str) -> None:
    (making / STAMP).write_text(stamp)
    shutil.rmtree(directory, ignore_errors=True)
    making.rename(directory)
