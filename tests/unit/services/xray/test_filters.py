"""Filter expressions, against one trace."""

from __future__ import annotations

import pytest

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
    segment(1, "b", "api", 1, 0.5, parent_id="a" * 16, fault=True, annotations={"tenant": "y"}),
)


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
    ],
)
def test_filters(text: str, holds: bool | None) -> None:
    if holds is None:
        with pytest.raises(BadFilter, match="unknown keyword nothing"):
            parse(text)
        return
    assert parse(text)(TRACE) is holds


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
    ],
)
def test_what_is_none(text: str, why: str) -> None:
    with pytest.raises(BadFilter, match=why):
        parse(text)
