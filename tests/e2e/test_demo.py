"""The demo, as a stranger runs it: the whole of it, then its parts that must fail when something is not as claimed."""

from __future__ import annotations

import struct
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lambent.cli.local_server import LocalServer
from lambent.cli.main import main
from tests.api.conftest import Server

LAMBENT = str(Path(sys.executable).with_name("lambent"))


@pytest.mark.slow
def test_the_demo_holds_and_leaves_its_pictures(tmp_path: Path) -> None:
    told = subprocess.run(
        [LAMBENT, "demo", "--output", "pictures", "--data", "pictures/data"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    png = (tmp_path / "pictures" / "thumbnail.png").read_bytes()
    assert struct.unpack(">II", png[16:24]) == (400, 300)
    assert (tmp_path / "pictures" / "photo.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    for shown in (
        "$ aws lambda create-function",
        "START RequestId: ",
        "END RequestId: ",
        "REPORT RequestId: ",
        "Init Duration: ",
        "10 answers",
        '"errorType": "ValueError"',
        "Task timed out after 3.00 seconds",
        "17 REPORT lines",
        "Invocations: 17",
        "Errors: 2",
        "clients (client) -> thumbnail (AWS::Lambda): ",
        "lambent serve --data pictures/data",
        "All of it as claimed",
    ):
        assert shown in told.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pictures"]
    with LocalServer(tmp_path / "pictures" / "data") as process:  # and it still answers
        server = Server(process)
        cloudwatch, logs = server.client("cloudwatch"), server.client("logs")
        dimensions = [{"Name": "FunctionName", "Value": "thumbnail"}]
        now = datetime.now(UTC)
        sums = cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="Invocations",
            Dimensions=dimensions,
            StartTime=now - timedelta(hours=1),
            EndTime=now,
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        assert sum(each["Sum"] for each in sums) == 17
        assert len(logs.filter_log_events(logGroupName="/aws/lambda/thumbnail", filterPattern="REPORT")["events"]) == 17
        server.close()


def test_it_makes_its_data_directory_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--output", str(tmp_path), "--data", str(tmp_path)]) == 1
    assert "is there already: name a directory that the demo can make" in capsys.readouterr().err
