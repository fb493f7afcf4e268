"""What many metrics cost: `python -m bench --only series`.

Ten thousand of them, a value a minute for up to an hour, put through the API into a server of its own; then one is read
back, so that they are known to be there.
"""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path

from bench.cpu import cpu_ns, resident_mb
from bench.load import Connection
from bench.report import Row
from bench.target import Target, signed
from lambent.cli.client import root_key
from lambent.cli.local_server import LocalServer
from lambent.settings import Settings

SERIES, AT_ONCE = 10_000, 1000
MOST_MB = 200
_NAMESPACE, _METRIC = "Bench", "load"


def series(data: Path, scale: int) -> list[Row]:
    """With `scale` quarters of an hour of values."""
    minutes = 15 * scale
    with LocalServer(data) as running:
        target, key = Target(running), root_key(Settings(data=data))
        begun = int(time.time()) // 60 * 60 - 60 * minutes

        def call(operation: str, **params: object) -> bytes:
            more = {
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"GraniteServiceVersion20100801.{operation}",
            }
            return signed(running.endpoint, key, "POST", "/", json.dumps(params).encode(), more, "monitoring")

        with closing(Connection(target.address)) as connection:
            empty, most, cpu = resident_mb(running.pid), 0.0, cpu_ns(running.pid)
            for minute in range(minutes):
                for first in range(0, SERIES, AT_ONCE):
                    values = [_datum(number, begun + 60 * minute) for number in range(first, first + AT_ONCE)]
                    connection.exchange(call("PutMetricData", Namespace=_NAMESPACE, MetricData=values))
                    most = max(most, resident_mb(running.pid))
            cpu = cpu_ns(running.pid) - cpu
            span = {"StartTime": begun, "EndTime": begun + 60 * minutes, "Period": 60, "Statistics": ["Sum"]}
            which = {"Namespace": _NAMESPACE, "MetricName": _METRIC, "Dimensions": _datum(7, 0)["Dimensions"]}
            connection.exchange(call("GetMetricStatistics", **which, **span))
            found = [point["Sum"] for point in json.loads(connection.body)["Datapoints"]]
    if found != [7.0] * minutes:
        raise RuntimeError(f"{minutes} values were put, these are there: {found}")
    disk = sum(path.stat().st_size for path in data.glob("metrics.db*"))
    return [
        Row(f"10,000 metrics, {minutes} minutes: resident memory of the server at most", most, "MB", mark=MOST_MB),
        Row("... beyond that of an empty server", most - empty, "MB"),
        Row("a value of a metric put durably: server's CPU", cpu / 1000 / SERIES / minutes, "us"),
        Row("... on the disk", disk / SERIES / minutes, "bytes"),
    ]


def _datum(number: int, at: int) -> dict[str, object]:
    dimensions = [{"Name": "number", "Value": str(number)}]
    return {"MetricName": _METRIC, "Dimensions": dimensions, "Timestamp": at, "Value": float(number), "Unit": "Count"}
