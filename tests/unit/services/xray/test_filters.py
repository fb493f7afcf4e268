"""Filter expressions, against one trace."""

from __future__ import annotations

import pytest

from lambent.services.xray import calls
from lambent.services.xray.filters import BadFilter, parse
from tests.unit.services.xray.conftest import segment, trace
from tests.unit.services.xray.test_summary import traced

TRACE = traced(
    segment(
        1,
        "a",
        "web",
        0,
        3,
        origin="AWS::Lambda",
        user="ann",
        annotations={"tenant": "x", "size": 7, "hot": True},
        http={"request": {"url": "http://h/path", "method": "GET"}, "response": {"status": 503}},
    ),
    segment(
        1,
        "b",
        "api",
        1,
        0.5,
        parent_id="a" * 16,
        fault=True,
        annotations={"tenant": "y"},
        aws={"account_id": "7", "ec2": {"availability_zone": "us-east-1a", "instance_id": "i-1"}},
        cause={"exceptions": [{"id": "e" * 16, "message": "no such thing"}]},
        resource_arn="arn:api",
    ),
    segment(
        1, "c", "DynamoDB", 1, 0.1, parent_id="b" * 16, type="subsegment", namespace="aws", aws={"table_name": "users"}
    ),
    segment(1, "d", "note", 1, 0.1, parent_id="b" * 16, type="subsegment", annotations={"depth": 2}),
)
GROUPS = {"bad": "fault", "arn:aws:xray:r:1:group/bad/x": "fault", "slow": "responsetime > 60"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        ("fault", True),
        ("error", False),
        ("!error", True),
        ("ok", False),
        ("fault = false", False),
        ("partial = false", True),
        ("http.status = 503", True),
        ("http.status >= 500 AND http.status < 600", True),
        ("http.status != 503", False),
        ('http.url CONTAINS "path"', True),
        ('http.url BEGINSWITH "https"', False),
        ('http.url ENDSWITH "/path"', True),
        ('http.method = "GET" OR nothing', None),
        ("responsetime > 2.5", True),
        ("duration < 1", False),
        ('annotation.tenant = "y"', True),
        ('annotation[tenant] = "z"', False),
        ("annotation.size > 5", True),
        ("annotation.hot = true", True),
        ('annotation.missing = "x"', False),
        ('user = "ann"', True),
        ("user", True),
        ('service("api")', True),
        ('service("api") { fault }', True),
        ('service("web") { fault }', False),
        ('service("web") { http.status = 503 } AND NOT service("db")', True),
        ('service(id(name: "web", type: "AWS::Lambda"))', True),
        ('service(id(type: "AWS::Lambda")) { fault }', False),
        ('edge("web", "api")', True),
        ('edge("api", "web")', False),
        ('edge("web", "api") { fault }', True),
        ('edge("web", "api") { responsetime > 1 }', False),
        ("(error OR fault) AND !throttle", True),
        (f'traceid = "{trace(1)}"', True),
        ('name = "api"', True),
        ("inferred", True),
        ('service("users") { inferred }', True),
        ('service("api") { inferred }', False),
        ('service(id(name: "users", type: "AWS::DynamoDB::Table"))', True),
        ('edge("api", "users")', True),
        ('edge("web", "users")', False),
        ('service("web") { root }', True),
        ('service("api") { root }', False),
        ('service("api") { annotation.depth = 2 }', True),
        ('service("web") { annotation.depth = 2 }', False),
        ('service(id(name: "api", account.id: "7"))', True),
        ('service(id(name: "api", account.id: "8"))', False),
        ('message CONTAINS "such"', True),
        ('service("web") { message CONTAINS "such" }', False),
        ('availabilityzone = "us-east-1a"', True),
        ('instance.id = "i-1"', True),
        ('instance.id = "i-2"', False),
        ('resource.arn = "arn:api"', True),
        ('group.name = "bad" AND duration >= 3 AND duration <= 8', True),
        ('group.arn = "arn:aws:xray:r:1:group/bad/x"', True),
        ('group.name = "slow"', False),
        ('group.name != "slow"', True),
        ("annotation.tenant", True),
        ("annotation.missing", False),
    ],
)
def test_filters(text: str, holds: bool | None) -> None:
    if holds is None:
        with pytest.raises(BadFilter, match="unknown keyword nothing"):
            parse(text)
        return
    assert parse(text, GROUPS)(TRACE) is holds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("fault AND", "it ends too early"),
        ("fault fault", "unexpected fault"),
        ("(fault", r"\) expected"),
        ('service("a", "b")', "service has too many arguments"),
        ("service(5)", "unexpected 5"),
        ('service(id(size: "x"))', "id takes a name"),
        ("http.status = ", "it ends too early"),
        ("http.url CONTAINS 5", "CONTAINS needs a text"),
        ("5 = 5", "unexpected 5"),
        ("fault ~ 1", "unexpected character at position 6"),
        ("!" * 60 + "fault", "too deeply nested"),
        ("user = nobody", "unexpected nobody"),
        ("first", "first is of root causes, which are not worked out"),
        ("rootcause.json = 5", "rootcause.json is of root causes"),
        ('group.name = "missing"', "there is no group missing"),
        ('group.name CONTAINS "b"', "a group can only be compared"),
    ],
)
def test_what_is_none(text: str, why: str) -> None:
    with pytest.raises(BadFilter, match=why):
        parse(text)


def test_parts_are_sorted_to_their_parties_once(monkeypatch: pytest.MonkeyPatch) -> None:
    many = traced(*(segment(1, f"{number:x}", f"s{number}", 0, 1) for number in range(10)))
    asked: list[str] = []
    root = calls._root
    monkeypatch.setattr(calls, "_root", lambda of, direct: asked.append(of.id) or root(of, direct))
    assert not parse("service() {fault}")(many)
    assert len(asked) == 10  # each party by itself: not the whole trace for each


def test_a_party_whose_id_another_claims_is_judged_by_itself() -> None:
    claimed = {"id": "a" * 16, "name": "mine", "start_time": 1, "end_time": 2}
    both = traced(segment(1, "a", "web", 0, 3, fault=True), segment(1, "b", "api", 0, 3, subsegments=[claimed]))
    assert parse('service("web") {fault}')(both)
