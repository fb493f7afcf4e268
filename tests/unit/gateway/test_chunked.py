"""Bodies in chunks: AWS's published examples, and everything that somebody on the way could do to them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lambent.gateway import chunked
from lambent.gateway.canonical import signing_key
from lambent.gateway.chunked import SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, Framed, Signing, decoded
from lambent.gateway.refusals import Refusal, Refused
from tests.unit.gateway.suite import (
    CHUNKS,
    S3_SECRET,
    SIGNED_CHUNKS,
    SIGNED_SEED,
    TRAILER,
    TRAILER_CHUNKS,
    TRAILER_SEED,
    TRAILER_SIGNATURE,
)

WHOLE = b"".join(CHUNKS)
KEY = signing_key(S3_SECRET, "20130524", "us-east-1", "s3")
SCOPE = "20130524/us-east-1/s3/aws4_request"


def signing(seed: str = SIGNED_SEED) -> Signing:
    return Signing(KEY, "20130524T000000Z", SCOPE, seed)


def framed(form: str = SIGNED, *, length: str | None = str(len(WHOLE)), trailers: str = "") -> Framed:
    return Framed(form, length, trailers)


def chunks(parts: Sequence[bytes] = CHUNKS, signatures: Sequence[str] = SIGNED_CHUNKS) -> list[bytes]:
    return [
        b"%x;chunk-signature=%s\r\n%s\r\n" % (len(part), made.encode(), part)
        for part, made in zip(parts, signatures, strict=True)
    ]


def trailed(name: str = TRAILER[0], value: str = TRAILER[1], made: str = TRAILER_SIGNATURE) -> bytes:
    body = b"".join(chunks(signatures=TRAILER_CHUNKS))
    return body.removesuffix(b"\r\n") + f"{name}:{value}\r\nx-amz-trailer-signature:{made}\r\n\r\n".encode()


def refusal(head: Framed, body: bytes, signer: Signing | None) -> tuple[Refusal, str]:
    with pytest.raises(Refused) as caught:
        decoded(head, body, signer)
    return caught.value.refusal, caught.value.message


def test_the_published_example() -> None:
    assert decoded(framed(), b"".join(chunks()), signing()) == WHOLE


def test_the_published_example_with_a_trailer() -> None:
    head = framed(SIGNED_TRAILER, trailers=TRAILER[0])
    assert decoded(head, trailed(), signing(TRAILER_SEED)) == WHOLE


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"".join(chunks()).replace(b"\r\naaa", b"\r\nbaa", 1), id="a byte is changed"),
        pytest.param(b"".join(chunks((CHUNKS[1], CHUNKS[0], b""))), id="contents are swapped"),
        pytest.param(b"".join([chunks()[1], chunks()[0], chunks()[2]]), id="chunks are reordered"),
        pytest.param(b"".join([chunks()[0], chunks()[0], *chunks()[1:]]), id="a chunk is repeated"),
        pytest.param(b"".join([chunks()[0], chunks()[2]]), id="a chunk is left out"),
        pytest.param(b"".join(chunks()).replace(b";chunk-signature=" + SIGNED_CHUNKS[1].encode(), b""), id="unsigned"),
        pytest.param(b"".join(chunks(signatures=TRAILER_CHUNKS)), id="chunks of another request"),
    ],
)
def test_what_was_not_signed(body: bytes) -> None:
    assert refusal(framed(), body, signing())[0] is Refusal.MISMATCH


def test_chunks_of_another_request() -> None:
    assert refusal(framed(), b"".join(chunks()), signing("0" * 64))[0] is Refusal.MISMATCH


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"".join(chunks()[:2]), id="the end is missing"),
        pytest.param(b"".join(chunks())[:60000], id="cut"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"zz\r\n", id="no size"),
        pytest.param(b"-1\r\n", id="a negative size"),
        pytest.param(b"1;a=b\r\na\r\n0\r\n\r\n", id="another extension"),
        pytest.param(b"1;chunk-signature=\xff\r\na\r\n0\r\n\r\n", id="no text"),
        pytest.param(b"0" * 300 + b"\r\n", id="a size without end"),
        pytest.param(b"ffffffffffffffff\r\na\r\n0\r\n\r\n", id="a size beyond the body"),
        pytest.param(b"1\r\naxx0\r\n\r\n", id="no line between"),
        pytest.param(b"1\r\na\r\n0\r\n\r\n", id="fewer bytes than announced"),
    ],
)
def test_what_is_no_body_in_chunks(body: bytes) -> None:
    refused = refusal(framed(UNSIGNED_TRAILER), body, signing())
    assert refused == (Refusal.BODY, "The request body terminated unexpectedly")


@pytest.mark.parametrize("length", [None, "", "x", "²", "-1"])
def test_the_length_must_be_told(length: str | None) -> None:
    assert refusal(framed(length=length), b"".join(chunks()), signing()) == (
        Refusal.BODY,
        "You must provide the x-amz-decoded-content-length HTTP header.",
    )


@pytest.mark.parametrize(
    ("body", "announced", "expected"),
    [
        (trailed(made="0" * 64), TRAILER[0], Refusal.MISMATCH),
        (trailed(value="AAAAAA=="), TRAILER[0], Refusal.MISMATCH),
        (trailed(), "", Refusal.BODY),
        (trailed(), "x-amz-checksum-crc32", Refusal.BODY),
        (b"".join(chunks(signatures=TRAILER_CHUNKS)), TRAILER[0], Refusal.BODY),
        (b"".join(chunks(signatures=TRAILER_CHUNKS)), "", Refusal.MISMATCH),
    ],
    ids=["its signature", "its value", "not announced", "another", "missing", "unsigned"],
)
def test_trailers_that_were_not_signed(body: bytes, announced: str, expected: Refusal) -> None:
    assert refusal(framed(SIGNED_TRAILER, trailers=announced), body, signing(TRAILER_SEED))[0] is expected


def unsigned(trailer: bytes) -> bytes:
    return b"3\r\nabc\r\n0\r\n" + trailer


@pytest.mark.parametrize("signer", [signing(), None])
def test_unsigned_chunks_with_a_checksum(signer: Signing | None) -> None:
    head = framed(UNSIGNED_TRAILER, length="3", trailers="x-amz-checksum-crc32")
    assert decoded(head, unsigned(b"x-amz-checksum-crc32:NSRBwg==\r\n\r\n"), signer) == b"abc"
    assert refusal(head, unsigned(b"x-amz-checksum-crc32:AAAAAA==\r\n\r\n"), signer) == (
        Refusal.DIGEST,
        "The CRC32 you specified did not match the calculated checksum.",
    )


@pytest.mark.parametrize(
    ("trailer", "announced", "text"),
    [
        (b"x-more:1\r\n\r\n", "x-more", chunked.UNKNOWN_TRAILER),
        (b"x-amz-checksum-md4:1\r\n\r\n", "x-amz-checksum-md4", chunked.UNKNOWN_TRAILER),
        (b"x-amz-checksum-crc32\r\n", "x-amz-checksum-crc32", chunked.MALFORMED_TRAILER),
        (b"a:1\r\na:1\r\n", "a", chunked.MALFORMED_TRAILER),
        (b"a:\xff\r\n", "a", chunked.MALFORMED_TRAILER),
        (b"a:" + b"1" * 17000, "a", chunked.MALFORMED_TRAILER),
        (b"GET / HTTP/1.1\r\n\r\n", "", chunked.MALFORMED_TRAILER),
    ],
)
def test_trailers_that_there_are_not(trailer: bytes, announced: str, text: str) -> None:
    head = framed(UNSIGNED_TRAILER, length="3", trailers=announced)
    assert refusal(head, unsigned(trailer), signing()) == (Refusal.BODY, text)


def test_nothing_may_follow_a_signed_body_without_trailers() -> None:
    body = b"".join(chunks()) + b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
    assert refusal(framed(trailers=TRAILER[0]), body, signing()) == (Refusal.BODY, chunked.MALFORMED_TRAILER)
