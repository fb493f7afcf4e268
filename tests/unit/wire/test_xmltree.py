"""XML by the model, both ways, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lambent.wire.model import load
from lambent.wire.request import WireError
from lambent.wire.shape import Shape, Traits
from lambent.wire.xmltree import children, element, escape, from_xml, members_xml, parse_xml, to_xml


def shape(traits: Traits, **more: Traits) -> Shape:
    table = {"Text": Traits(type="string"), "Whole": Traits(type="integer"), **more}
    return Shape("S", traits, table)


TEXTS = Traits(type="list", member=Traits(shape="Text"))
NAMED = Traits(type="list", member=Traits(shape="Text", location_name="item"))
PAIRS = Traits(type="map", key=Traits(shape="Text"), value=Traits(shape="Whole"))

CASES: list[tuple[Traits, Any, str]] = [
    (TEXTS, ["a", "b"], "<X><member>a</member><member>b</member></X>"),
    (NAMED, ["a"], "<X><item>a</item></X>"),
    (PAIRS, {"a": 1}, "<X><entry><key>a</key><value>1</value></entry></X>"),
    (Traits(type="boolean"), True, "<X>true</X>"),
    (Traits(type="blob"), b"\x00", "<X>AA==</X>"),
    (Traits(type="timestamp"), datetime(2024, 1, 1, tzinfo=UTC), "<X>2024-01-01T00:00:00Z</X>"),
    (Traits(type="string"), "a<b>&\r\n\x01\"'", "<X>a&lt;b&gt;&amp;&#13;\n&#1;\"'</X>"),
    (Traits(type="double"), -1.5, "<X>-1.5</X>"),
]


@pytest.mark.parametrize(("traits", "value", "text"), CASES)
def test_values_have_one_form(traits: Traits, value: Any, text: str) -> None:
    assert to_xml(shape(traits), value, "X") == text
    if "&#1;" not in text:
        assert from_xml(shape(traits), parse_xml(text.encode())) == value


def test_flattened_lists_and_maps_stand_in_their_parent() -> None:
    parent = shape(
        Traits(
            type="structure",
            members={
                "Ones": Traits(shape="Texts", flattened=True, location_name="One"),
                "Pairs": Traits(shape="Pairs", flattened=True, location_name="Pair"),
            },
        ),
        Texts=TEXTS,
        Pairs=PAIRS,
    )
    value = {"Ones": ["a", "b"], "Pairs": {"x": 1, "y": 2}}
    text = to_xml(parent, value, "X")
    assert text == (
        "<X><One>a</One><One>b</One><Pair><key>x</key><value>1</value></Pair><Pair><key>y</key><value>2</value></Pair></X>"
    )
    assert from_xml(parent, parse_xml(text.encode())) == value


def test_a_flattened_list_may_be_named_by_its_elements() -> None:
    elements = Traits(type="list", flattened=True, member=Traits(shape="Text", location_name="Element"))
    parent = shape(
        Traits(type="structure", members={"Ones": Traits(shape="Texts", location_name="One")}), Texts=elements
    )
    assert to_xml(parent, {"Ones": ["a"]}, "X") == "<X><Element>a</Element></X>"
    assert to_xml(parent, {"Ones": ["a"]}, "X", asking=True) == "<X><One>a</One></X>"
    for name in ("One", "Element"):
        assert from_xml(parent, parse_xml(f"<X><{name}>a</{name}></X>".encode())) == {"Ones": ["a"]}


def test_attributes_and_namespaces() -> None:
    grantee = load("s3").shape("Grantee")
    value = {"Type": 'Canonical"User', "ID": "1"}
    text = to_xml(grantee, value, "Grantee")
    assert text == (
        '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type=\'Canonical"User\'>'
        "<ID>1</ID></Grantee>"
    )
    assert from_xml(grantee, parse_xml(text.encode())) == value


def test_namespaces_are_passed_over_when_reading() -> None:
    root = parse_xml(b'<a xmlns="http://x/"><b>1</b><b>2</b></a>')
    assert [item.text for item in children(root)["b"]] == ["1", "2"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a>",
        b"<a></b>",
        b"no",
        b"<a>\x00</a>",
        b"<a>\xff</a>",
        b"<a/><b/>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<a/>".encode("utf-16"),
        b"<a>&undefined;</a>",
    ],
)
def test_what_is_no_plain_xml_is_refused(body: bytes) -> None:
    with pytest.raises(WireError) as caught:
        parse_xml(body)
    assert caught.value.code == "MalformedXML"


def test_a_declared_encoding_changes_nothing() -> None:
    assert parse_xml(b'<?xml version="1.0" encoding="utf-7"?><a>+ADw-</a>').text == "+ADw-"


def test_a_map_entry_needs_both_parts() -> None:
    with pytest.raises(WireError):
        from_xml(shape(PAIRS), parse_xml(b"<X><entry><key>a</key></entry></X>"))


def test_unknown_members_are_our_mistake() -> None:
    with pytest.raises(ValueError, match="has no member 'Nope'"):
        members_xml(load("s3").shape("Grantee"), {"Nope": 1})


def test_elements_are_escaped_by_their_maker_only_where_asked() -> None:
    assert element("a", escape("<"), "http://x/") == '<a xmlns="http://x/">&lt;</a>'
