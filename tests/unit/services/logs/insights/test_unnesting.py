"""`unnest`, by AWS's own example and at its edges."""

from __future__ import annotations

import json

from lambent.observe.log_lines import Found
from lambent.services.logs.insights import unnesting
from lambent.services.logs.insights.query import Query
from lambent.services.logs.insights.rows import row

EVENT = {
    "userIdentity": {"type": "AssumedRole"},
    "items": [{"name": "a", "n": 1}, {"name": "b", "tags": ["x", "y"]}, 3],
}


def ask(source: str, *events: object) -> list[dict[str, str]]:
    rows = (
        row(Found(number, "s", number, number, json.dumps(each)), group="g", account="1", pointer="p")
        for number, each in enumerate(events)
    )
    found = Query(source, now_ms=0, limit=100).run(rows)
    return [{each["field"]: each["value"] for each in fields if each["field"] != "@ptr"} for fields in found]


def test_a_row_an_element() -> None:
    query = "fields jsonParse(@message) as json_message | unnest json_message.items into item | display item.name, item"
    assert ask(query, EVENT) == [
        {"item.name": "a", "item": '{"name":"a","n":1}'},
        {"item.name": "b", "item": '{"name":"b","tags":["x","y"]}'},
        {"item": "3"},
    ]
    assert ask("unnest items into i | unnest i.tags into tag | stats count(*) by tag", EVENT) == [
        {"tag": "x", "count(*)": "1"},
        {"tag": "y", "count(*)": "1"},
    ]


def test_rows_without_a_list_go() -> None:
    assert ask("unnest items into i | stats count(*) as c", {"items": 5}, {"items": {}}, {}, {"items": [1]}) == [
        {"c": "1"}
    ]


def test_a_list_without_end_has_one() -> None:
    most = unnesting._ELEMENTS
    assert ask("unnest items into i | stats count(*) as c", {"items": [0] * (most + 5)}) == [{"c": f"{most}"}]
