"""Checksums, against what botocore's own clients check and AWS's documents show."""

from __future__ import annotations

from lambent.services.sqs import checksums
from lambent.services.sqs.records import Attribute


def test_of_bodies() -> None:
    assert checksums.of_body("This is a test message") == "fafb00f5732ab283681e124bf8747ed1"


def test_of_attributes() -> None:
    attributes = {"test_attribute_name_1": Attribute("String", "test_attribute_value_1")}
    assert checksums.of_attributes({}) is None
    one = checksums.of_attributes(attributes)
    assert one is not None
    assert len(one) == 32
    both = {**attributes, "a": Attribute("Binary", data=b"x")}
    assert checksums.of_attributes(both) == checksums.of_attributes(dict(reversed(both.items())))
    assert checksums.of_attributes({"a": Attribute("Binary", data=b"x")}) != checksums.of_attributes(
        {"a": Attribute("String", "x")}
    )
