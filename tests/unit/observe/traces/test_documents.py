"""The segments by which Lambda accounts for an invocation."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from lambent.model.invocation import Ended, InitType
from lambent.observe.traces.documents import documents
from lambent.observe.traces.segments import parse
from tests.unit.observe.traces.test_functions import ROOT, ended
from tests.unit.services.lambda_.conftest import CountedIds


def of(case: Ended) -> list[dict[str, Any]]:
    made = documents(case, CountedIds())
    for document in made:
        assert parse(json.dumps(document)).trace_id == ROOT
    return made


def event(case: Ended, **more: Any) -> Ended:
    return msgspec.structs.replace(case, invocation=msgspec.structs.replace(case.invocation, **more))


def parts(document: dict[str, Any]) -> dict[str, tuple[float, float]]:
    return {part["name"]: (part["start_time"], part["end_time"]) for part in document["subsegments"]}


def test_two_segments_with_what_took_its_time() -> None:
    service, function = of(msgspec.structs.replace(ended(init_ms=50.0, upstream="a" * 16), overhead=0.05))
    assert (service["origin"], function["origin"]) == ("AWS::Lambda", "AWS::Lambda::Function")
    assert (service["parent_id"], function["parent_id"], function["id"]) == ("a" * 16, service["id"], "b" * 16)
    assert (function["start_time"], function["end_time"]) == (pytest.approx(99.95), pytest.approx(100.2))
    assert parts(function) == {
        "Initialization": (pytest.approx(99.95), 100.0),
        "Invocation": (100.0, pytest.approx(100.15)),
        "Overhead": (pytest.approx(100.15), pytest.approx(100.2)),
    }
    assert "fault" not in function
    assert service["http"] == {"response": {"status": 200}}


def test_overhead_is_never_more_than_the_invocation() -> None:
    _, function = of(msgspec.structs.replace(ended(), overhead=9.0))
    assert parts(function)["Invocation"] == (100.0, 100.0)


def test_a_restore_and_the_start_of_what_was_provisioned() -> None:
    _, function = of(ended(restore_ms=30.0))
    assert list(parts(function)) == ["Restore", "Invocation"]
    _, function = of(msgspec.structs.replace(ended(init_ms=50.0), init_type=InitType.PROVISIONED))
    assert list(parts(function)) == ["Invocation"]


def test_an_event_waits_and_is_tried() -> None:
    first = event(ended(init_ms=50.0, status="failure"), accepted=90.0)
    service, dwell, attempt, function = of(first)
    assert (service["start_time"], service["http"]["response"]["status"], service["fault"]) == (90.0, 202, True)
    assert (dwell["name"], dwell["start_time"], dwell["end_time"]) == ("Dwell Time", 90.0, pytest.approx(99.95))
    assert (attempt["name"], attempt["type"], attempt["fault"]) == ("Attempt #1", "subsegment", True)
    assert dwell["parent_id"] == attempt["parent_id"] == service["id"]
    assert function["parent_id"] == attempt["id"]
    again, second, function = of(event(ended(), accepted=90.0, attempt=2))
    assert (again["id"], again["start_time"]) == (service["id"], 90.0)  # it takes the place of the first
    assert (second["name"], function["parent_id"]) == ("Attempt #2", second["id"])
    assert of(event(ended(), accepted=90.0, request_id="other"))[0]["id"] != service["id"]


def test_what_came_along_is_linked() -> None:
    other = "1-5759e988-ffffffffffffffffffffffff"
    links = (f"Root={ROOT};Parent={'c' * 16}", f"Root={other};Parent={'d' * 16};Sampled=1", f"Root={other}", "nonsense")
    service, _ = of(event(ended(), links=links))
    assert service["links"] == [{"trace_id": other, "id": "d" * 16}, {"trace_id": other}]
    assert "links" not in of(ended())[0]


@pytest.mark.parametrize("cause", [None, "{", "[]", '{"exceptions": 1}', json.dumps({"exceptions": []}) + " " * 40_000])
def test_a_failure_is_a_fault_with_its_type(cause: str | None) -> None:
    service, function = of(msgspec.structs.replace(ended(status="failure", error_type="ValueError"), cause=cause))
    assert service["fault"] is function["fault"] is True
    assert [each["type"] for each in function["cause"]["exceptions"]] == ["ValueError"]
    assert "parent_id" not in service


def test_a_failure_has_what_its_runtime_says_of_it() -> None:
    exception = {"message": "boom", "type": "ValueError", "stack": [{"label": "f", "path": "app.py", "line": 3}]}
    cause = json.dumps({"working_directory": "/var/task", "exceptions": [exception], "paths": ["app.py"]})
    _, function = of(msgspec.structs.replace(ended(status="failure", error_type="ValueError"), cause=cause))
    (told,) = function["cause"]["exceptions"]
    assert (told["message"], told["stack"], len(told["id"])) == ("boom", exception["stack"], 16)
    assert function["cause"]["working_directory"] == "/var/task"
