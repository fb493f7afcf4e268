"""`lambent tune`: what the figures say, and that the function is left as it was."""

from __future__ import annotations

import base64
import json

import pytest

from lambent.cli import tune
from lambent.cli.errors import CommandError
from lambent.cli.main import main
from lambent.cli.tune import Measured
from lambent.observe.bill import prices
from tests.unit.cli.conftest import Asked, Scripted

MEASURED = [Measured(128, 800, 1.87), Measured(512, 200, 1.87), Measured(1024, 190, 3.37)]


def test_which_is_best() -> None:
    assert (tune.cheapest(MEASURED), tune.fastest(MEASURED), tune.best(MEASURED)) == (128, 1024, 512)
    assert tune.page(MEASURED).splitlines()[-1] == "cheapest 128 MB, fastest 1024 MB, best balance 512 MB"
    failing = [Measured(128, 1, 0.2, errors=3)]
    assert tune.page(failing).endswith("3 invocations failed: their figures say little")


def test_what_a_report_bills() -> None:
    text = "START\nREPORT RequestId: r\tDuration: 1.2 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\n"
    assert tune.billed_ms(text + text.replace("2 ms\tM", "7 ms\tM")) == 7
    assert tune.billed_ms('{"type":"platform.report","record":{"metrics":{"billedDurationMs":9}}}') == 9
    with pytest.raises(CommandError, match="brought no REPORT back"):
        tune.billed_ms("")


class Function:
    """A function that takes 1,000 ms in all MB together."""

    def __init__(self) -> None:
        self.memory = 300
        self.versions: dict[str, int] = {}
        self.deleted: list[str] = []
        self.fails = False

    def answer(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        path, _, query = asked.target.partition("?")
        if path.endswith("/prices"):
            return 200, {}, prices.SHIPPED.read_bytes()
        if path.endswith("/versions"):
            version = str(len(self.versions) + 1)
            self.versions[version] = self.memory
            return 201, {}, json.dumps({"Version": version}).encode()
        if asked.method == "PUT":
            self.memory = json.loads(asked.body)["MemorySize"]
        if asked.method == "DELETE":
            self.deleted.append(query.partition("=")[2])
            return 204, {}, b""
        if path.endswith("/invocations"):
            if self.fails:
                return 500, {"x-amzn-errortype": "ServiceException"}, b'{"Message":"broken"}'
            ms = 128_000 // self.versions[query.partition("=")[2]]
            log = base64.b64encode(f"REPORT RequestId: r\tBilled Duration: {ms} ms".encode()).decode()
            return 200, {"X-Amz-Log-Result": log}, b"null"
        described = {
            "FunctionName": "f",
            "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
            "MemorySize": self.memory,
            "Architectures": ["x86_64"],
            "State": "Active",
            "LastUpdateStatus": "Successful",
        }
        return 200, {}, json.dumps(described).encode()


def test_every_size_is_run_and_nothing_stays(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    function = Function()
    scripted.answer = function.answer
    assert main(["tune", "f", "--memory", "256", "128", "--runs", "2", "--json", *scripted.options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(each["memory_mb"], each["billed_ms"]) for each in told["measured"]] == [(128, 1000), (256, 500)]
    assert told["measured"][0]["cost_of_million"] == pytest.approx(0.125 * 16.6667 + 0.2)
    assert (told["fastest"], told["best"]) == (256, 256)
    assert function.deleted == ["1", "2"]
    assert function.memory == 300
    assert sum(asked.target.endswith("/invocations?Qualifier=1") for asked in scripted.asked) == 3


def test_a_function_that_breaks_gets_its_memory_back(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    function = Function()
    function.fails = True
    scripted.answer = function.answer
    assert main(["tune", "f", "--memory", "128", *scripted.options]) == 1
    assert "broken" in capsys.readouterr().err
    assert (function.memory, function.deleted) == (300, ["1"])
