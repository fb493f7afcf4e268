"""The control plane: what reading and creating functions costs beside the health route, and whether ten thousand of
them change that."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from bench.cpu import cpu_ns, on_one_core
from bench.load import Connection, burst
from bench.report import Row
from bench.target import FUNCTIONS, ROLE, Target, package
from bench.warm import RUNTIME
from lambent.cli.local_server import LocalServer, descendants

MANY = 10_000
AT_ONCE = 50
PAGE = 50
HEALTH = b"GET /_lambent/health HTTP/1.1\r\nhost: bench\r\n\r\n"
_PADDING = {"padding.txt": ""}


def control_plane(data: Path, scale: int) -> list[Row]:
    """On a server of its own, first with few functions, then with many, then started again."""
    with LocalServer(data) as running:
        fresh_seconds = running.ready_seconds
        target = Target(running)
        target.deploy("known", RUNTIME)
        few = _costs(target, scale, "few")
        _fill(target)
        many = _costs(target, scale, "many")
        first, last = _pages(target, scale)
    with LocalServer(data) as running:
        opening = running.ready_seconds - fresh_seconds
    health = min(few["health"], many["health"])
    rows = [Row("health route: CPU a request", health, "us")]
    for name, mark in (("GetFunction", 3.0), ("CreateFunction", 12.0)):
        rows.append(_ratio(f"{name}: CPU a request", few[name], health, "health", mark))
        rows.append(_ratio(f"{name}: the same with {MANY:,} functions", many[name], few[name], "with few", 1.2))
    return [
        *rows,
        _ratio(f"ListFunctions: last page of {MANY:,}, CPU", last, first, "the first", 1.2),
        Row(f"store of {MANY:,} functions: added to the start", opening, "s", mark=1.0),
    ]


def _ratio(name: str, value: float, base: float, of: str, mark: float) -> Row:
    return Row(name, value, "us", value / base, of=of, mark=mark, mark_is_ratio=True)


def _costs(target: Target, scale: int, prefix: str) -> dict[str, float]:
    numbers = iter(range(1_000_000))
    created = _Creation(target)
    get = target.request("GET", f"{FUNCTIONS}/known")
    return {
        "health": _least_us(target, scale, 200, lambda: HEALTH),
        "GetFunction": _least_us(target, scale, 100, lambda: get),
        "CreateFunction": _least_us(target, scale, 20, lambda: created.request(f"{prefix}-{next(numbers)}")),
    }


def _least_us(target: Target, scale: int, count: int, made: Callable[[], bytes]) -> float:
    """The server's CPU of one request, in microseconds: the least of several windows of `count`."""
    windows = []
    server = [target.server.pid, *descendants(target.server.pid)]
    with closing(Connection(target.address)) as connection, on_one_core(server):
        for _ in range(2 + 2 * scale):
            requests = [made() for _ in range(count)]
            before = cpu_ns(target.server.pid)
            for request in requests:
                connection.exchange(request)
            windows.append((cpu_ns(target.server.pid) - before) / count / 1000)
    return min(windows)


class _Creation:
    """CreateFunction of a package of 1 KB."""

    def __init__(self, target: Target) -> None:
        self._target = target
        code = package({**_PADDING, "lambda_function.py": "# " + "x" * 800 + "\ndef lambda_handler(e, c): ...\n"})
        self._body = {
            "Runtime": RUNTIME,
            "Role": ROLE,
            "Handler": "lambda_function.lambda_handler",
            "Code": {"ZipFile": base64.b64encode(code).decode()},
        }

    def request(self, name: str) -> bytes:
        return self._target.request("POST", FUNCTIONS, json.dumps({"FunctionName": name, **self._body}).encode())


def _fill(target: Target) -> None:
    """Create many functions, as fast as it goes."""
    created = _Creation(target)
    for start in range(0, MANY, AT_ONCE):
        burst(target.address, [created.request(f"fill-{start + number}") for number in range(AT_ONCE)], 60.0)


def _pages(target: Target, scale: int) -> tuple[float, float]:
    """CPU of the first and of the last full page of a listing of all functions."""

    def page(marker: str) -> bytes:
        return target.request("GET", f"{FUNCTIONS}/?MaxItems={PAGE}" + (f"&Marker={marker}" if marker else ""))

    markers = [answer.get("NextMarker") or "" for answer in _walk(target, page)]
    first, last = page(""), page(markers[-3])
    return _least_us(target, scale, 10, lambda: first), _least_us(target, scale, 10, lambda: last)


def _walk(target: Target, page: Callable[[str], bytes]) -> Iterable[dict[str, str]]:
    marker = ""
    with closing(Connection(target.address)) as connection:
        while True:
            connection.exchange(page(marker))
            answer = json.loads(connection.body)
            yield answer
            marker = answer.get("NextMarker") or ""
            if not marker:
                return
