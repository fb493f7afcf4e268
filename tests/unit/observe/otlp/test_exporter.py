"""What a collector gets, and what happens when it is away."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from lambent.http.limits import Limits
from lambent.http.message import Request, Response
from lambent.http.server import Server
from lambent.http.sockets import bind_tcp
from lambent.observe.log_files import Group
from lambent.observe.metrics.series import Series
from lambent.observe.metrics.summary import Summary
from lambent.observe.otlp import exporter
from lambent.observe.otlp.exporter import Exporter
from lambent.observe.prometheus.exposition import Family
from tests.unit.observe.otlp.test_spans import segment
from tests.unit.services.lambda_.conftest import StoppedClock


async def test_spans_and_metrics_reach_the_collector(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[tuple[str, Any]] = []
    statuses = [200, 200, 503, 503, 503]

    async def collect(request: Request) -> Response:
        got.append((request.path, json.loads(await request.read(1 << 20))))
        return Response(statuses.pop(0), [], b"{}")

    async def measure() -> list[Family]:
        return [Family("up", "gauge", "Up.", [("", {}, 1.0)])]

    monkeypatch.setattr(exporter, "WAITING", 2)
    async with Server(collect, limits=Limits()) as server:
        (sock,) = await bind_tcp("127.0.0.1", 0)
        await server.listen_socket(sock)
        async with Exporter(f"http://127.0.0.1:{sock.getsockname()[1]}/", StoppedClock()) as sender:
            sender.add("1", "r", segment(in_progress=True, end_time=None))
            for _ in range(3):
                sender.add("1", "r", segment())
            await sender.flush()
            await sender.measured()
            sender.open_to(measure)
            await sender.measured()
            with caplog.at_level(logging.WARNING):
                await sender.measured()
                await sender.measured()
                monkeypatch.setattr(exporter, "AT_ONCE", 1)
                sender.add("1", "r", segment())
                sender.add("1", "r", segment())
                await sender.flush()
    assert [path for path, _ in got] == ["/v1/traces", *["/v1/metrics"] * 3, "/v1/traces"]
    assert len(got[0][1]["resourceSpans"][0]["scopeSpans"][0]["spans"]) == 2
    assert got[1][1]["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["name"] == "up"
    assert [record.getMessage().partition("take ")[2] for record in caplog.records] == [
        "metrics, which are lost: status 503"
    ]


async def test_log_lines_are_bounded_and_sent_in_portions(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[list[str]] = []
    statuses = [200, 200, 503]

    async def collect(request: Request) -> Response:
        assert request.path == "/v1/logs"
        (resource,) = json.loads(await request.read(1 << 20))["resourceLogs"]
        got.append([each["body"]["stringValue"] for each in resource["scopeLogs"][0]["logRecords"]])
        return Response(statuses.pop(0), [], b"{}")

    group, stream = Group("1", "r", "/aws/lambda/f"), "s"
    monkeypatch.setattr(exporter, "LOG_BYTES", 3 * (1 + exporter.LINE_COST))
    monkeypatch.setattr(exporter, "LOG_LINES_AT_ONCE", 2)
    async with Server(collect, limits=Limits()) as server:
        (sock,) = await bind_tcp("127.0.0.1", 0)
        await server.listen_socket(sock)
        with caplog.at_level(logging.WARNING):
            async with Exporter(f"http://127.0.0.1:{sock.getsockname()[1]}", StoppedClock()) as sender:
                sender.copy(group, stream, [(1, each) for each in "abcdef"])
                await sender.flush()
                sender.copy(group, stream, [(1, each) for each in "ghi"])  # there is room again
                await sender.flush()
    assert got == [["a", "b"], ["c"], ["g", "h"]]
    assert [record.getMessage().partition("1:")[2].partition(" ")[2] for record in caplog.records] == [
        "lost 3 log lines: more came than could be sent",
        "does not take logs, which are lost: status 503",
    ]


async def test_metrics_of_cloudwatch_are_sent_when_their_minute_is_over_or_at_the_end() -> None:
    got: list[str] = []

    async def collect(request: Request) -> Response:
        (resource,) = json.loads(await request.read(1 << 20))["resourceMetrics"]
        got.extend(each["name"] for each in resource["scopeMetrics"][0]["metrics"])
        return Response(200, [], b"{}")

    clock = StoppedClock()
    minute = int(clock.now() // 60 * 60)
    async with Server(collect, limits=Limits()) as server:
        (sock,) = await bind_tcp("127.0.0.1", 0)
        await server.listen_socket(sock)
        async with Exporter(f"http://127.0.0.1:{sock.getsockname()[1]}", clock) as sender:
            for name, start in (("Old", minute - 120), ("New", minute)):
                sender.copy_metrics({(Series("1", "r", "Mine", name), start, 60, "None"): Summary.of(1.0)})
            await sender.measured()
            assert got == ["amazonaws.com/Mine/Old"]
    assert got == ["amazonaws.com/Mine/Old", "amazonaws.com/Mine/New"]


async def test_documents_that_wait_have_so_many_bytes_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter, "WAITING_BYTES", 2 * len(segment().document))
    sent: list[int] = []

    async def post(self: Exporter, what: str, tree: Any) -> bool:
        sent.append(len(tree["resourceSpans"][0]["scopeSpans"][0]["spans"]))
        return True

    monkeypatch.setattr(Exporter, "_post", post)
    sender = Exporter("http://127.0.0.1:1", StoppedClock())
    for _ in range(2):  # once they are sent there is room again
        for _ in range(5):
            sender.add("1", "r", segment())
        await sender.flush()
    assert sent == [2, 2]
