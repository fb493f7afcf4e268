"""`lambent cost`: what is asked, and what is shown."""

from __future__ import annotations

import json

import pytest

from lambent.cli import cost
from lambent.cli.main import main
from tests.unit.cli.conftest import Scripted

BILL = {
    "Currency": "USD",
    "AsOf": "2026-11",
    "First": "2026-11-01",
    "Last": "2026-11-28",
    "Total": 2.734,
    "Forecast": 3.0,
    "Rows": [
        {"Name": "arn:f", "Amounts": {"requests": 3000000.0, "gb_seconds": 540000.5}, "Cost": 2.734},
        {"Name": "", "Amounts": {"requests": 1.0}, "Cost": 0.0000002},
    ],
}


def test_for_people(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = lambda asked: (200, {}, json.dumps(BILL).encode())
    assert main(["cost", "--by", "version", "--from", "2026-11-01", "--no-free-tier", *scripted.options]) == 0
    assert scripted.asked[0].target == "/_lambent/cost?from=2026-11-01&by=version&free=no"
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split() == ["REQUESTS", "GB-SECONDS", "USD"]
    assert shown[1].split() == ["arn:f", "3,000,000", "540,000", "2.73"]
    assert shown[2].split() == ["-", "1", "0", "0.0000002"]
    assert shown[4].startswith("2026-11-01 to 2026-11-28: 2.73 USD; this month comes to 3.00")


def test_for_programs(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = lambda asked: (200, {}, json.dumps(BILL).encode())
    assert main(["cost", "--json", "--tag", "team", *scripted.options]) == 0
    assert json.loads(capsys.readouterr().out) == BILL
    scripted.answer = lambda asked: (200, {}, b"a,b\r\n1,2\r\n")
    assert main(["cost", "--csv", *scripted.options]) == 0
    assert scripted.asked[1].target == "/_lambent/cost?format=csv"
    assert capsys.readouterr().out.split() == ["a,b", "1,2"]


def test_nothing_was_used() -> None:
    assert cost.page({**BILL, "Rows": [], "Total": 0, "Forecast": 0}).startswith("nothing was used")
