"""Members outside the body: labels, query, headers."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lambent.wire.binding import (
    plan_of,
    read_headers,
    read_labels,
    read_parameters,
    read_query,
    write_headers,
    write_path,
    write_query,
)
from lambent.wire.model import load
from lambent.wire.request import WireError
from lambent.wire.shape import Shape, Traits


def structure(**members: Traits) -> Shape:
    table = {
        "Text": Traits(type="string"),
        "Whole": Traits(type="integer"),
        "Flag": Traits(type="boolean"),
        "When": Traits(type="timestamp"),
        "Texts": Traits(type="list", member=Traits(shape="Text")),
        "Times": Traits(type="list", member=Traits(shape="When")),
        "Pairs": Traits(type="map", key=Traits(shape="Text"), value=Traits(shape="Text")),
        "Many": Traits(type="map", key=Traits(shape="Text"), value=Traits(shape="Texts")),
    }
    return Shape("S", Traits(type="structure", members=members), table)


def header(shape: str, name: str, **more: Any) -> Traits:
    return Traits(shape=shape, location="header", location_name=name, **more)


MOMENT = datetime(2024, 2, 29, 12, 0, 1, tzinfo=UTC)
HEADERS = structure(
    Text=header("Text", "X-Text"),
    Whole=header("Whole", "X-Whole"),
    Flag=header("Flag", "X-Flag"),
    When=header("When", "X-When"),
    Texts=header("Texts", "X-Texts"),
    Times=header("Times", "X-Times"),
    Json=header("Text", "X-Json", jsonvalue=True),
    Meta=Traits(shape="Pairs", location="headers", location_name="x-meta-"),
)


def test_headers_go_out_and_come_in() -> None:
    values = {
        "Text": "t",
        "Whole": 5,
        "Flag": True,
        "When": MOMENT,
        "Texts": ["plain", "with, comma", 'a "quote"', "back\\slash"],
        "Times": [MOMENT, MOMENT],
        "Json": {"a": [1]},
        "Meta": {"color": "red"},
    }
    written = write_headers(plan_of(HEADERS), values)
    named = dict(written)
    assert named["X-When"] == "Thu, 29 Feb 2024 12:00:01 GMT"
    assert named["X-Texts"].startswith('plain,"with, comma","a \\"quote\\""')
    assert json.loads(base64.b64decode(named["X-Json"])) == {"a": [1]}
    assert named["x-meta-color"] == "red"
    read: dict[str, Any] = {}
    read_headers(plan_of(HEADERS), {name.lower(): value for name, value in written}, read)
    assert read == values


def test_empty_and_absent_values_write_no_header() -> None:
    assert write_headers(plan_of(HEADERS), {"Texts": [], "Text": None}) == []


def test_a_value_cannot_end_its_header() -> None:
    written = write_headers(plan_of(HEADERS), {"Text": "a\r\nSet-Cookie: b", "Meta": {"k": "c\nd"}})
    assert written == [("X-Text", "a  Set-Cookie: b"), ("x-meta-k", "c d")]


def test_a_map_without_a_name_takes_every_header() -> None:
    shape = structure(All=Traits(shape="Pairs", location="headers"))
    read: dict[str, Any] = {}
    read_headers(plan_of(shape), {"a": "1", "b": "2"}, read)
    assert read == {"All": {"a": "1", "b": "2"}}


@pytest.mark.parametrize(
    "headers", [{"x-whole": "five"}, {"x-flag": "maybe"}, {"x-when": "soon"}, {"x-json": "e30"}, {"x-json": "/w=="}]
)
def test_a_header_of_another_type_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(WireError):
        read_headers(plan_of(HEADERS), headers, {})


QUERY = structure(
    Name=Traits(shape="Text", location="querystring", location_name="name"),
    Texts=Traits(shape="Texts", location="querystring", location_name="t"),
    When=Traits(shape="When", location="querystring", location_name="when"),
    Rest=Traits(shape="Pairs", location="querystring", location_name="rest"),
)


def test_parameters_go_out_and_come_in() -> None:
    values = {"Name": "a b&c", "Texts": ["x", "y z"], "When": MOMENT, "Rest": {"other": "o"}}
    query = write_query("/path?mode=import", plan_of(QUERY), values)
    assert query == "mode=import&other=o&name=a%20b%26c&t=x&t=y%20z&when=2024-02-29T12%3A00%3A01Z"
    read: dict[str, Any] = {}
    read_parameters(plan_of(QUERY), read_query(query), "/path?mode=import", read)
    assert read == values


def test_a_map_of_lists_keeps_every_value() -> None:
    shape = structure(Rest=Traits(shape="Many", location="querystring"))
    read: dict[str, Any] = {}
    read_parameters(plan_of(shape), read_query("a=1&a=2&b=3"), "/", read)
    assert read == {"Rest": {"a": ["1", "2"], "b": ["3"]}}
    assert write_query("/", plan_of(shape), read) == "a=1&a=2&b=3"


def test_queries_are_read_raw() -> None:
    assert read_query("") == {}
    assert read_query("a=1&b&c=%C3%A9+x&a=2&=5&&d=a=b") == {"a": ["1", "2"], "b": [""], "c": ["é x"], "d": ["a=b"]}


def test_paths_are_encoded_by_segment_unless_greedy() -> None:
    get = load("s3").operations["GetObject"]
    assert get.input is not None
    plan = plan_of(get.input)
    assert write_path(get.uri, plan, {"Bucket": "b/c", "Key": "a b/ü~"}) == "/b%2Fc/a%20b/%C3%BC~"
    with pytest.raises(ValueError, match="Key is required"):
        write_path(get.uri, plan, {"Bucket": "b", "Key": ""})


def test_labels_are_typed() -> None:
    layer = load("lambda").operations["GetLayerVersion"]
    assert layer.input is not None
    read: dict[str, Any] = {}
    read_labels(plan_of(layer.input), {"LayerName": "l", "VersionNumber": "7"}, read)
    assert read == {"LayerName": "l", "VersionNumber": 7}
    with pytest.raises(WireError):
        read_labels(plan_of(layer.input), {"LayerName": "l", "VersionNumber": "seven"}, {})
