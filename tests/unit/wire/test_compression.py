"""Compressed bodies, whole, broken and bursting."""

from __future__ import annotations

import gzip

import pytest

from lambent.wire.compression import inflate, is_compressed
from lambent.wire.request import WireError, WireRequest


def test_what_was_compressed_comes_back() -> None:
    assert inflate(gzip.compress(b"body" * 1000)) == b"body" * 1000


@pytest.mark.parametrize(
    "body",
    [b"", b"no gzip", gzip.compress(b"body")[:-4], gzip.compress(bytes(65 * 1024 * 1024), 1)],
    ids=["nothing", "no gzip", "cut", "bursting"],  # what is compressed has the time in it: no name for a test
)
def test_broken_and_bursting_data_is_refused(body: bytes) -> None:
    with pytest.raises(WireError) as caught:
        inflate(body)
    assert caught.value.code == "SerializationException"


def test_the_header_says_so() -> None:
    assert is_compressed(WireRequest("POST", "/", "", {"content-encoding": "gzip"}))
    assert not is_compressed(WireRequest("POST", "/", "", {"content-encoding": "aws-chunked"}))
