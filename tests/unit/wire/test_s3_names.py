"""S3's root elements."""

from __future__ import annotations

from lambent.wire.model import load
from lambent.wire.s3_names import ROOTS
from lambent.wire.server import render_response


def test_every_name_is_of_an_operation_that_answers_in_its_body() -> None:
    operations = load("s3").operations
    for name in ROOTS:
        shape = operations[name].output
        assert shape is not None and shape.payload is None and shape.by_wire_name, name


def test_the_root_is_the_listed_one() -> None:
    s3 = load("s3")
    response = render_response(s3, s3.operations["ListObjectsV2"], "rest-xml", {"Name": "b", "KeyCount": 0}, "r")
    assert isinstance(response.body, bytes)
    assert response.body.decode().partition("\n")[2] == (
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><KeyCount>0</KeyCount>'
        "</ListBucketResult>"
    )
