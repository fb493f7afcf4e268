"""Events and client contexts: what passes untouched, and what is refused with its place."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.model.errors import ApiError
from lambent.services.lambda_.events import client_context, event

VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


@pytest.mark.parametrize(
    "payload", [b"{}", b" [1, 2.5e3] ", b'"text"', b"null", b"0", '"\u00e9€"'.encode(), b'"\\ud800"', b"\xef\xbb\xbf{}"]
)
def test_json_passes_untouched(payload: bytes) -> None:
    assert event(payload) is payload


@pytest.mark.parametrize("payload", [None, b""])
def test_nothing_is_an_empty_object(payload: bytes | None) -> None:
    assert event(payload) == b"{}"


@pytest.mark.parametrize(
    ("payload", "detail"),
    [
        (
            b"test",
            f"Unrecognized token 'test': was expecting {VALUES}\n at [Source: (byte[])\"test\"; line: 1, column: 1]",
        ),
        (b'{"a": 1', 'Unexpected end-of-input\n at [Source: (byte[])"{"a": 1"; line: 1, column: 8]'),
        (b"{'a': 1}", f"Unexpected character (''' (code 39)): expected a valid value {VALUES}"),
        (b"[1,\n}]", f"Unexpected character ('}}' (code 125)): expected a valid value {VALUES}"),
        (b"NaN", f"Unrecognized token 'NaN': was expecting {VALUES}"),
        (b"\xff\xfe", "'utf-8' codec can't decode byte"),
        (b"[" * 200_000, "maximum recursion depth exceeded"),
    ],
)
def test_what_is_no_json(payload: bytes, detail: str) -> None:
    with pytest.raises(ApiError) as caught:
        event(payload)
    assert caught.value.code == "InvalidRequestContentException"
    assert caught.value.message.startswith(f"Could not parse request body into json: {detail}")
    assert len(caught.value.message) < 1000


@given(st.binary(max_size=12))
def test_agrees_with_the_standard_library(payload: bytes) -> None:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        json.loads(payload.decode("utf-8-sig"), parse_constant=refuse)
        valid = True
    except ValueError:
        valid = payload == b""
    try:
        event(payload)
        accepted = True
    except ApiError:
        accepted = False
    # The fast check does not look at the encoding inside strings: the function's own parser will.
    assert accepted == valid or (accepted and not _is_utf8(payload))


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_client_context() -> None:
    assert client_context(None) is None
    assert client_context("") is None
    assert client_context(b64encode(b'{"a": "b"}').decode()) == '{"a": "b"}'


@pytest.mark.parametrize(
    "encoded",
    [
        "!",
        "e30",
        b64encode(b"[]").decode(),
        b64encode(b"{").decode(),
        b64encode(b'{"a":"' + b"x" * 3583 + b'"}').decode(),
    ],
)
def test_bad_client_context(encoded: str) -> None:
    with pytest.raises(ApiError, match="InvalidRequestContentException: Client context must be a valid Base64-encoded"):
        client_context(encoded)
