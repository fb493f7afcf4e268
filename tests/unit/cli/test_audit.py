"""`lambent trail`, `explain`, `policy suggest`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambent.cli.main import main

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Scripted

EVENT: dict[str, Any] = {
    "eventTime": "2026-01-01T00:00:00Z",
    "eventName": "GetFunction20150331v2",
    "userIdentity": {"type": "IAMUser", "arn": "arn:ann"},
    "requestID": "r1",
}
DENIED = EVENT | {
    "errorCode": "AccessDeniedException",
    "errorMessage": "User: arn:ann is not authorized",
    "additionalEventData": {
        "decision": {
            "principal": "arn:ann",
            "action": "lambda:GetFunction",
            "resource": "arn:f",
            "by": "identity-based policy",
        }
    },
}


def says(scripted: Scripted, *events: dict[str, Any]) -> None:
    body = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    scripted.answer = lambda asked: (200, {}, body)


def test_the_trail(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    says(scripted, DENIED, EVENT | {"userIdentity": {"type": "Unknown"}})
    assert main(["trail", "--limit", "7", *scripted.options]) == 0
    assert scripted.asked[0].target == "/_lambent/trail?limit=7"
    _, older, newer = capsys.readouterr().out.splitlines()
    assert older.split() == ["2026-01-01T00:00:00Z", "GetFunction20150331v2", "Unknown", "-", "r1"]
    assert "arn:ann  AccessDeniedException  r1" in newer
    assert main(["trail", "--json", *scripted.options]) == 0
    assert '"eventName"' in capsys.readouterr().out


def test_a_refusal_explained(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    says(scripted, DENIED)
    assert main(["explain", "r1", *scripted.options]) == 0
    assert scripted.asked[0].target == "/_lambent/trail?limit=1&request=r1"
    said = capsys.readouterr().out
    assert said.startswith("AccessDeniedException: User: arn:ann is not authorized\n")
    assert "action     lambda:GetFunction" in said
    assert "denied     because no identity-based policy allows it" in said


def test_the_statement_that_denied(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    decision = DENIED["additionalEventData"]["decision"] | {
        "policy": "arn:p",
        "statement": "NoGet",
        "conditionValues": {"aws:sourceip": ["1.2.3.4"], "aws:username": []},
    }
    says(scripted, DENIED | {"additionalEventData": {"decision": decision}})
    assert main(["explain", "r1", *scripted.options]) == 0
    said = capsys.readouterr().out
    assert "denied by  statement NoGet of arn:p (identity-based policy)" in said
    assert "aws:sourceip was 1.2.3.4" in said
    assert "aws:username was absent" in said
    assert main(["explain", "r1", "--json", *scripted.options]) == 0
    assert json.loads(capsys.readouterr().out)["decision"]["statement"] == "NoGet"


def test_what_needs_no_explanation(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    says(scripted, EVENT)
    assert main(["explain", "r1", *scripted.options]) == 0
    assert capsys.readouterr().out == "GetFunction20150331v2 was allowed.\n"
    says(scripted, EVENT | {"errorCode": "ResourceNotFoundException", "errorMessage": "none"})
    assert main(["explain", "r1", *scripted.options]) == 0
    assert capsys.readouterr().out == "ResourceNotFoundException: none\n"
    says(scripted)
    assert main(["explain", "r2", *scripted.options]) == 1
    assert "the trail knows no request r2" in capsys.readouterr().err


def test_a_policy(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    report = {
        "Policy": {"Version": "2012-10-17", "Statement": []},
        "Unused": [{"Policy": "p", "Statement": "1"}],
        "Public": ["all"],
    }
    scripted.answer = lambda asked: (200, {}, json.dumps(report).encode())
    assert main(["policy", "suggest", "f", *scripted.options]) == 0
    assert scripted.asked[0].target == "/_lambent/access?function=f"
    said = capsys.readouterr().out
    assert "# not needed so far: statement 1 of p\n" in said
    assert "# anybody may call: statement all of the function's policy\n" in said
    assert main(["policy", "suggest", "f", "--json", *scripted.options]) == 0
    assert json.loads(capsys.readouterr().out) == report
