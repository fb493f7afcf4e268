"""The canonical forms, against the rules that AWS publishes and botocore follows."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from lambent.gateway import canonical
from lambent.http.message import Headers


def botocore_signer(service: str = "lambda") -> SigV4Auth:
    return SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), service, "us-east-1")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/"),
        ("/2015-03-31/functions/", "/2015-03-31/functions/"),
        ("/a/b_c~d.e-f", "/a/b_c~d.e-f"),
        ("/arn%3Aaws%3Alambda", "/arn%253Aaws%253Alambda"),
        ("/a//b", "/a/b"),
        ("/a/./b/../c", "/a/c"),
        ("/a/b/..", "/a"),
        ("/../x", "/x"),
        ("/sp ace", "/sp%20ace"),
        ("", "/"),
    ],
)
def test_path(path: str, expected: str) -> None:
    assert canonical.canonical_path(path) == expected


def test_s3_path_is_encoded_once_and_keeps_its_dots() -> None:
    assert canonical.canonical_path("/bucket/a%20b/../c//d+e", s3=True) == "/bucket/a%20b/../c//d%2Be"


@given(st.text(alphabet="abc/._~-%25AF:$@+ é", max_size=30).map(lambda text: "/" + text.replace("%", "%25")))
def test_path_agrees_with_botocore(path: str) -> None:
    assert canonical.canonical_path(path) == botocore_signer()._normalize_url_path(path)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [""]),
        ("b=2&a=1", ["a=1&b=2"]),
        ("a=2&a=1&a", ["a=&a=1&a=2"]),
        ("Marker=a%2Fb%3D", ["Marker=a%2Fb%3D"]),
        ("a=b:c", ["a=b%3Ac", "a=b:c"]),
        ("a=%ff", ["a=%FF", "a=%ff"]),
        ("a=1&&b=2", ["a=1&b=2"]),
    ],
)
def test_query(query: str, expected: list[str]) -> None:
    assert canonical.canonical_queries(query) == expected


@given(st.lists(st.tuples(st.sampled_from(["a", "B", "a%20b", "%C3%A9"]), st.sampled_from(["", "1", "%2F", "~."]))))
def test_query_agrees_with_botocore(pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    request = AWSRequest(method="GET", url=f"https://h/?{query}")
    assert canonical.canonical_queries(query)[0] == botocore_signer().canonical_query_string(request)


def test_a_parameter_can_be_left_out() -> None:
    assert canonical.canonical_queries("X-Amz-Signature=1&a=2", without="X-Amz-Signature") == ["a=2"]


def test_headers_are_trimmed_and_joined() -> None:
    values = {"host": ["h:1"], "x-a": ["  one   two ", "three"]}
    assert canonical.canonical_headers(["host", "x-a"], values.__getitem__) == "host:h:1\nx-a:one two,three\n"


def test_signing_key_is_the_one_of_the_documentation() -> None:
    """The example of AWS's general reference, "deriving the signing key"."""
    key = canonical.signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830", "us-east-1", "iam")
    assert key.hex() == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"


def test_empty_body_hash() -> None:
    assert canonical.payload_hash(b"") == canonical.EMPTY_HASH
    assert canonical.payload_hash(b"{}") == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@given(st.binary(min_size=32, max_size=32), st.text(), st.text())
def test_signature_is_an_hmac_whatever_was_signed_before(key: bytes, before: str, to_sign: str) -> None:
    canonical.signature(key, before)
    assert canonical.signature(key, to_sign) == hmac.new(key, to_sign.encode(), "sha256").hexdigest()


def test_a_long_path_is_not_remembered() -> None:
    path = "/a" * 600 + "//b"
    assert canonical.canonical_path(path) == "/a" * 600 + "/b"
    assert canonical.canonical_path(path, s3=True) == path
    assert _remembered(canonical._canonical_path, lambda: canonical.canonical_path(path)) == 0
    assert _remembered(canonical._canonical_path, lambda: canonical.canonical_path("/only//here")) == 1


def _remembered(cached: Any, call: Callable[[], object]) -> int:
    before = cached.cache_info().misses
    call()
    return int(cached.cache_info().misses - before)


@pytest.mark.parametrize("names", ["host", "content-type;host;x-amz-date", "host;x-absent", "host;x.dot", "host;x%25"])
@pytest.mark.parametrize("value", ["plain", "a  b", "%(host)s", "a\tb", ""])
@pytest.mark.parametrize("again", [[], [("Content-Type", "again")]])
def test_the_block_made_at_once_is_the_canonical_one(names: str, value: str, again: list[tuple[str, str]]) -> None:
    fields = [("Host", "h:1"), ("Content-Type", value), ("X-Amz-Date", "1"), ("X.Dot", value), ("X%25", value)]
    headers, signed = Headers.of([*fields, *again]), names.split(";")
    block = canonical.block_of_headers(canonical.header_form(signed), signed, headers)
    assert block == canonical.canonical_headers(signed, headers.all)
