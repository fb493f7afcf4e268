"""Lambent beside its peers, same handler, one run: `python -m bench.peers DIR`. They are no part of Lambent: DIR is a
scratch folder, and a peer that is not there is left out. All of them come from the registries:

    python3 -m venv DIR/py && DIR/py/bin/pip install ministack functions-framework gunicorn aws-sam-cli awslambdaric
    npm install --prefix DIR/node serverless@3 serverless-offline@13

Of each: the first answer of a function that nobody has called (the median of some), then warm calls by one caller and
by sixteen, and what all of its processes hold. Raw HTTP on kept connections; a client library's own share comes on top.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from bench.cpu import proportional_mb
from bench.load import Address
from bench.target import CODE, EVENT, FUNCTIONS, REGION, Target, package, signed
from bench.warm import RUNTIME
from lambent.cli.local_server import LocalServer, descendants
from lambent.gateway.signing import Key

CALLERS = 16
COLD_STARTS = 5
WARM_CALLS = 300
WARM_SECONDS = 3.0
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.5
"""Before a first call, so that whoever prepares something ahead has time for it."""

SERVERLESS = {
    "service": "bench",
    "frameworkVersion": "3",
    "provider": {"name": "aws", "runtime": RUNTIME, "timeout": 30},
    "plugins": ["serverless-offline"],
    "functions": {"first": {"handler": "lambda_function.lambda_handler"}},
}
FRAMEWORK = "def handle(request):\n    return {'ok': request.get_json()['ok']}\n"


@dataclass(frozen=True)
class Place:
    """Where a function is called: an address, and the bytes of one request. `pid` leads its server's processes."""

    address: Address
    request: bytes
    pid: int


Peer = Callable[[Path, Path], Iterator[Callable[[], Place]]]


class Caller:
    """One caller with a kept connection, opened anew where the server closes it."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._file: Any = None
        self._socket: socket.socket | None = None

    def call(self, request: bytes) -> bytes:
        """The body of the answer. Raises OSError, ValueError for what is no success."""
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=PATIENCE_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._file = self._socket.makefile("rb")
        self._socket.sendall(request)
        status = self._file.readline()
        headers = dict(self._header(line) for line in iter(self._file.readline, b"\r\n"))
        if headers.get(b"transfer-encoding") == b"chunked":
            body = b"".join(self._chunks())
        else:
            body = self._file.read(int(headers[b"content-length"]))
        if headers.get(b"connection") == b"close":
            self.close()
        if b" 200 " not in status:
            raise ValueError(f"{status!r}: {body[:300]!r}")
        return body

    @staticmethod
    def _header(line: bytes) -> tuple[bytes, bytes]:
        name, _, value = line.partition(b":")
        return name.lower(), value.strip().lower()

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._file.readline(), 16):
            yield self._file.read(size)
            self._file.readline()
        self._file.readline()

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._file.close()
            self._socket.close()
            self._socket = None


@contextmanager
def lambent(_: Path, data: Path) -> Iterator[Callable[[], Place]]:
    """This tree's server; each place is a new function."""
    with LocalServer(data) as server:
        target = Target(server)

        def place() -> Place:
            name = f"f{time.monotonic_ns()}"
            target.deploy(name, RUNTIME)
            return Place(target.address, target.invocation(name), server.pid)

        yield place


@contextmanager
def ministack(peers: Path, data: Path) -> Iterator[Callable[[], Place]]:
    """It runs functions in processes of its own user, without walls."""
    port = _free_port()
    with _running([str(peers / "py/bin/ministack")], data, {"GATEWAY_PORT": str(port)}, port) as pid:
        endpoint = f"http://127.0.0.1:{port}"
        key = Key("test", "test")
        api: Any = boto3.client(
            "lambda", endpoint_url=endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
        )

        def place() -> Place:
            name = f"f{time.monotonic_ns()}"
            role, code = "arn:aws:iam::000000000000:role/bench", {"ZipFile": package()}
            handler = "lambda_function.lambda_handler"
            api.create_function(FunctionName=name, Runtime=RUNTIME, Role=role, Handler=handler, Code=code)
            api.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
            path = f"{FUNCTIONS}/{name}/invocations"
            return Place(("127.0.0.1", port), signed(endpoint, key, "POST", path, EVENT), pid)

        yield place


@contextmanager
def serverless_offline(peers: Path, data: Path) -> Iterator[Callable[[], Place]]:
    """Its endpoint that speaks Lambda's API; each place is a function of its own."""
    (data / "lambda_function.py").write_text(CODE["lambda_function.py"])
    names = [f"f{number}" for number in range(COLD_STARTS + 1)]
    service = {**SERVERLESS, "functions": dict.fromkeys(names, SERVERLESS["functions"]["first"])}  # type: ignore[index]
    (data / "serverless.json").write_text(json.dumps(service))
    (data / "node_modules").symlink_to(peers / "node/node_modules")
    http, calls, stream = _free_port(), _free_port(), _free_port()
    ports = ["--httpPort", str(http), "--lambdaPort", str(calls), "--albPort", str(stream)]
    command = [str(peers / "node/node_modules/.bin/serverless"), "offline", "start", *ports]
    with _running(command, data, {"SLS_TELEMETRY_DISABLED": "1", "SLS_NOTIFICATIONS_MODE": "off"}, calls) as pid:
        left = iter(names)
        yield lambda: _posted(calls, f"{FUNCTIONS}/bench-dev-{next(left)}/invocations", pid)


@contextmanager
def emulator(peers: Path, data: Path) -> Iterator[Callable[[], Place]]:
    """AWS's own emulator with AWS's own runtime client: one function, one event at a time."""
    program = next(peers.glob("py/lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"))
    kept = shutil.copy(program, data / "rie")
    Path(kept).chmod(0o755)
    (data / "lambda_function.py").write_text(CODE["lambda_function.py"])
    port, api = _free_port(), _free_port()
    command = [str(kept), "--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
    command += ["--runtime-api-address", f"127.0.0.1:{api}", str(peers / "py/bin/python"), "-m", "awslambdaric"]
    command += ["lambda_function.lambda_handler"]
    variables = {"LAMBDA_TASK_ROOT": str(data), "AWS_LAMBDA_FUNCTION_TIMEOUT": "30"}
    with _running(command, data, variables, port) as pid:
        yield lambda: _posted(port, f"{FUNCTIONS}/function/invocations", pid)


@contextmanager
def framework(peers: Path, data: Path) -> Iterator[Callable[[], Place]]:
    """Google's functions-framework under gunicorn: a web application, no Lambda; its first call is a warm one."""
    (data / "main.py").write_text(FRAMEWORK)
    port = _free_port()
    command = [str(peers / "py/bin/gunicorn"), "--workers", "2", "--threads", "8", "--bind", f"127.0.0.1:{port}"]
    command += ['functions_framework:create_app("handle", "main.py")']
    with _running(command, data, {}, port) as pid:
        yield lambda: _posted(port, "/", pid)


PEERS: dict[str, tuple[str, Any, bool]] = {
    "Lambent, isolated": ("", lambent, True),
    "ministack": ("py/bin/ministack", ministack, True),
    "serverless-offline": ("node/node_modules/.bin/serverless", serverless_offline, True),
    "AWS's emulator (RIE)": ("py/lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64", emulator, False),
    "functions-framework, gunicorn": ("py/bin/gunicorn", framework, True),
}
"""By name: what must be there, how it is started, whether it serves several callers at once."""


def main() -> None:
    """One run; prints a table in Markdown, with the machine's load."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("peers", type=Path, help="where the peers were installed")
    parser.add_argument("--only", help="one of them, by a part of its name")
    arguments = parser.parse_args()
    print("| | first answer | warm p50 | p99 | calls/s, 16 callers | memory |\n|---|---|---|---|---|---|")
    for name, (needs, peer, several) in PEERS.items():
        found = not needs or any(arguments.peers.glob(needs))
        if found and (arguments.only or "").lower() in name.lower():
            with tempfile.TemporaryDirectory(prefix="lambent-peers-") as directory:
                row = _measured(peer, arguments.peers.resolve(), Path(directory), several)
            print(f"| {name} | {row} |", flush=True)
    print(f"\nLoad of the machine meanwhile: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")


def _measured(peer: Any, peers: Path, data: Path, several: bool) -> str:
    """Its row of the table, or why there is none."""
    try:
        with peer(peers, data) as new_place:
            firsts, place = [], new_place()
            for _ in range(COLD_STARTS if several else 1):
                time.sleep(PAUSE_SECONDS)
                firsts.append(_timed(place)[0])
                place = new_place() if several else place
            warm = _timed(place, WARM_CALLS)[1:]
            rates = [_rate(place) for _ in range(2)] if several else []  # the first has what starts for so many callers
            rate = f"{rates[-1]:,.0f}" if several else "one at a time"
            memory = sum(proportional_mb(pid) for pid in (place.pid, *descendants(place.pid)))
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"did not run: {error} | | | |"
    p50, p99 = sorted(warm)[len(warm) // 2], sorted(warm)[len(warm) * 99 // 100]
    return f"{statistics.median(firsts):.1f} ms | {p50:.2f} ms | {p99:.1f} ms | {rate} | {memory:.0f} MB"


def _timed(place: Place, count: int = 1) -> list[float]:
    """Milliseconds of calls one after the other."""
    taken = []
    with closing(Caller(place.address)) as caller:
        for _ in range(count):
            start = time.perf_counter()
            answer = json.loads(caller.call(place.request))
            taken.append((time.perf_counter() - start) * 1000)
            if answer != {"ok": "yes"}:
                raise ValueError(f"it answered {answer!r}")
    return taken


def _rate(place: Place) -> float:
    """Answers a second to sixteen callers."""
    counts = [0] * CALLERS
    until = time.perf_counter() + WARM_SECONDS

    def drive(number: int) -> None:
        with closing(Caller(place.address)) as caller:
            while time.perf_counter() < until:
                caller.call(place.request)
                counts[number] += 1

    threads = [threading.Thread(target=drive, args=(number,)) for number in range(CALLERS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)


def _posted(port: int, path: str, pid: int) -> Place:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    return Place(("127.0.0.1", port), f"{head}Content-Length: {len(EVENT)}\r\n\r\n".encode() + EVENT, pid)


@contextmanager
def _running(command: list[str], data: Path, variables: dict[str, str], port: int) -> Iterator[int]:
    """A server in a session of its own, once its port is open. Raises OSError with the end of its log."""
    search = f"{Path(command[0]).parent}:{os.environ['PATH']}"
    environment = {"PATH": search, "HOME": str(data), "LANG": "C.UTF-8", **variables}
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=data, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(port, process, data / "log")
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise OSError(f"{process.args!r} does not listen: {log.read_text(errors='replace')[-500:]!r}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
