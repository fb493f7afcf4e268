"""Verification with botocore's own signers as the oracle, and every wrong way with AWS's code and text."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambent.gateway import sigv4
from lambent.gateway.refusals import MISMATCH, Refusal, Refused
from lambent.http.message import Request
from tests.unit.gateway.suite import PUBLISHED, S3_SECRET, SUITE_SECRET, Published

NOW = 1_790_000_000.0
STAMP = datetime.datetime.fromtimestamp(NOW, datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
HOST = "127.0.0.1:4566"
PATH = "/2015-03-31/functions/x/invocations"


@contextmanager
def botocore_at(now: float) -> Iterator[None]:
    """Stop botocore's clock."""
    moment = datetime.datetime.fromtimestamp(now, datetime.UTC).replace(tzinfo=None)
    with mock.patch.object(auth, "get_current_datetime", lambda *_, **__: moment):
        yield


def signed(
    signer: type[auth.BaseSigner] = auth.SigV4Auth,
    *,
    method: str = "POST",
    target: str = PATH,
    body: bytes = b'{"a": 1}',
    headers: dict[str, str] | None = None,
    token: str | None = None,
    service: str = "lambda",
    now: float = NOW,
    **options: int,
) -> Request:
    """A request signed by botocore, as our server would see it."""
    request = AWSRequest(method=method, url=f"http://{HOST}{target}", data=body, headers=headers or {})
    with botocore_at(now):
        signer(Credentials("AKIDEXAMPLE", SECRET, token), service, "eu-west-1", **options).add_auth(request)
    prepared = request.prepare()
    fields = [(name, value.decode() if isinstance(value, bytes) else value) for name, value in prepared.headers.items()]
    if "host" not in {name.lower() for name, _ in fields}:
        fields.append(("Host", HOST))
    return Request.of(method, prepared.url.removeprefix(f"http://{HOST}"), fields, body)


def check(request: Request, body: bytes = b'{"a": 1}', *, secret: str = SECRET, now: float = NOW) -> sigv4.Claim:
    claim = sigv4.read_claim(request)
    sigv4.check_time(claim, now)
    sigv4.verify(claim, request, body, secret)
    return claim


def refusal(call: Callable[[], object]) -> tuple[Refusal, str]:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.refusal, caught.value.message


def changed(request: Request, **headers: str | None) -> Request:
    """The same request with header fields replaced (None removes); underscores stand for dashes."""
    fields = dict(request.headers)
    for name, value in headers.items():
        fields.pop(name.replace("_", "-"), None)
        if value is not None:
            fields[name.replace("_", "-")] = value
    return Request.of(request.method, request.target, fields.items())


@pytest.mark.parametrize(
    "target",
    [
        "/",
        PATH,
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A000000000000%3Afunction%3Ax/invocations?Qualifier=%24LATEST",
        "/2015-03-31/functions?Marker=YWJj%3D%3D&MaxItems=50&FunctionVersion=ALL",
        "/odd/%E2%82%AC/a%20b//c/./d/../e",
        "/tilde~/dash-/under_/dot.?b=2&a=1&a=0&c",
        "/?a=b:c/d&x=%ff",
    ],
)
def test_header_signature(target: str) -> None:
    claim = check(signed(target=target))
    assert claim.scope.access_key_id == "AKIDEXAMPLE"
    assert (claim.scope.region, claim.scope.service, claim.expires) == ("eu-west-1", "lambda", None)


def test_session_token_and_further_headers() -> None:
    request = signed(token="a/token==", headers={"X-Amz-Log-Type": "Tail", "X-Spaces": "  a   b  "})
    assert check(request).session_token == "a/token=="


def test_repeated_header_values_are_joined_with_a_comma() -> None:
    request = signed(headers={"X-Many": "a,b"})
    fields = [(name, value) for name, value in request.headers.items() if name != "x-many"]
    check(Request.of(request.method, request.target, [*fields, ("X-Many", "a"), ("X-Many", " b ")]))


def test_presigned_address() -> None:
    request = signed(auth.SigV4QueryAuth, method="GET", body=b"", token="t/k=", expires=600)
    claim = check(request, b"")
    assert claim.expires == 600
    assert claim.session_token == "t/k="
    check(request, b"", now=NOW + 600)


def test_presigned_address_with_a_query_of_its_own() -> None:
    check(signed(auth.SigV4QueryAuth, method="GET", target="/x%20y?z=1&Qualifier=%24LATEST", body=b""), b"")


@pytest.mark.parametrize("target", ["/bucket/a%20b/c", "/bucket/../dots/./x", "/bucket//two", "/b/%E2%82%AC%2B~"])
def test_s3_signs_paths_as_they_are(target: str) -> None:
    check(signed(auth.S3SigV4Auth, method="PUT", target=target, service="s3"))
    check(signed(auth.S3SigV4QueryAuth, method="PUT", target=target, service="s3"), b"anything")


def test_an_unsigned_payload_is_not_hashed() -> None:
    check(signed(headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}), b"another body")


def test_a_body_in_chunks_is_known_by_its_signed_head() -> None:
    head = {"X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length": "3"}
    request = signed(headers=head | {"X-Amz-Trailer": "x-amz-checksum-crc32"}, body=b"")
    body = b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n"
    claim = sigv4.read_claim(request)
    assert sigv4.verify(claim, request, body, SECRET) == b"abc"
    assert refusal(lambda: sigv4.verify(claim, request, body.replace(b"abc", b"abd"), SECRET))[0] is Refusal.DIGEST


def test_chunks_cannot_be_declared_afterwards() -> None:
    request = changed(signed(), x_amz_content_sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    assert refusal(lambda: check(request))[0] is Refusal.MISMATCH


@pytest.mark.parametrize("form", ["STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-EVENTS"])
def test_forms_of_bodies_that_there_are_not(form: str) -> None:
    request = signed(headers={"X-Amz-Content-SHA256": form})
    assert refusal(lambda: check(request)) == (Refusal.INCOMPLETE, f"Unsupported AWS 'algorithm': '{form}'.")


@pytest.mark.parametrize("published", PUBLISHED, ids=[each.name for each in PUBLISHED])
def test_the_signatures_that_aws_publishes(published: Published) -> None:
    host, stamp, service, key = "example.amazonaws.com", "20150830T123600Z", "service", "AKIDEXAMPLE"
    if published.s3:
        host, stamp, service, key = "examplebucket.s3.amazonaws.com", "20130524T000000Z", "s3", "AKIAIOSFODNN7EXAMPLE"
    fields = [("Host", host), ("X-Amz-Date", stamp), *published.headers]
    names = ";".join(sorted({name.lower() for name, _ in fields}))
    credential = f"{key}/{stamp[:8]}/us-east-1/{service}/aws4_request"
    given = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature="
    secret = S3_SECRET if published.s3 else SUITE_SECRET

    def judge(signature: str) -> None:
        request = Request.of(published.method, published.target, [*fields, ("Authorization", given + signature)])
        sigv4.verify(sigv4.read_claim(request), request, published.body, secret)

    judge(published.signature)
    assert refusal(lambda: judge(published.signature[::-1]))[0] is Refusal.MISMATCH


def test_unsigned_payload_cannot_be_declared_afterwards() -> None:
    request = changed(signed(), x_amz_content_sha256="UNSIGNED-PAYLOAD")
    assert refusal(lambda: check(request))[0] is Refusal.MISMATCH


def test_date_header_instead_of_x_amz_date() -> None:
    request = signed(
        headers={"Date": datetime.datetime.fromtimestamp(NOW, datetime.UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")}
    )
    if "x-amz-date" in request.headers:
        pytest.fail("this botocore no longer signs the Date header")
    check(request)


def test_wrong_secret_names_what_should_have_been_signed() -> None:
    kind, text = refusal(lambda: check(signed(), secret="no"))
    assert kind is Refusal.MISMATCH
    assert text.startswith(f"{MISMATCH}\n\nThe Canonical String for this request should have been\n'POST\n{PATH}\n\n")
    assert f"The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n{STAMP}\n" in text


def altered() -> list[tuple[str, Request, bytes]]:
    request = signed()
    authorization = request.headers["authorization"]
    last = "0" if authorization[-1] != "0" else "1"
    return [
        ("body", request, b'{"a": 2}'),
        ("no body", request, b""),
        ("method", Request.of("PUT", request.target, request.headers.items()), b'{"a": 1}'),
        ("path", Request.of("POST", PATH.replace("/x/", "/y/"), request.headers.items()), b'{"a": 1}'),
        ("query", Request.of("POST", PATH + "?Qualifier=1", request.headers.items()), b'{"a": 1}'),
        ("host", changed(request, host="elsewhere"), b'{"a": 1}'),
        ("signature", changed(request, authorization=authorization[:-1] + last), b'{"a": 1}'),
        ("short signature", changed(request, authorization=authorization[:-1]), b'{"a": 1}'),
        ("non-ASCII signature", changed(request, authorization=authorization[:-1] + "é"), b'{"a": 1}'),
        ("region", changed(request, authorization=authorization.replace("eu-west-1", "us-east-1")), b'{"a": 1}'),
        ("header list", changed(request, authorization=authorization.replace("host;", "host;x-b;")), b'{"a": 1}'),
    ]


@pytest.mark.parametrize(("request_", "body"), [pytest.param(r, b, id=name) for name, r, b in altered()])
def test_any_change_is_a_mismatch(request_: Request, body: bytes) -> None:
    kind, text = refusal(lambda: check(request_, body))
    assert kind is Refusal.MISMATCH
    assert text.startswith(MISMATCH)


def test_presigned_change_is_a_mismatch() -> None:
    request = signed(auth.SigV4QueryAuth, method="GET", body=b"", expires=600)
    longer = Request.of(
        "GET", request.target.replace("X-Amz-Expires=600", "X-Amz-Expires=6000"), request.headers.items()
    )
    assert refusal(lambda: check(longer, b""))[0] is Refusal.MISMATCH


def test_expired() -> None:
    kind, text = refusal(lambda: check(signed(now=NOW - 901)))
    assert kind is Refusal.SKEWED
    then = datetime.datetime.fromtimestamp(NOW - 901, datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    limit = datetime.datetime.fromtimestamp(NOW - 900, datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    assert text == f"Signature expired: {then} is now earlier than {limit} ({STAMP} - 15 min.)"
    check(signed(now=NOW - 899))


def test_not_yet_current() -> None:
    kind, text = refusal(lambda: check(signed(now=NOW + 901)))
    assert kind is Refusal.SKEWED
    assert text.startswith("Signature not yet current: ")
    assert text.endswith(f"({STAMP} + 15 min.)")
    check(signed(now=NOW + 899))


def test_presigned_expired() -> None:
    request = signed(auth.SigV4QueryAuth, method="GET", body=b"", expires=600)
    kind, text = refusal(lambda: check(request, b"", now=NOW + 601))
    assert kind is Refusal.SKEWED
    assert text.startswith(f"Signature expired: {STAMP} is now earlier than ")
    assert text.endswith("- 10 min.)")


CREDENTIAL = f"AKIDEXAMPLE/{STAMP[:8]}/eu-west-1/lambda/aws4_request"


def with_authorization(authorization: str, *, date: str | None = STAMP) -> Request:
    fields = [("Host", HOST), ("Authorization", authorization)]
    return Request.of("GET", "/", fields + ([("X-Amz-Date", date)] if date else []))


@pytest.mark.parametrize(
    ("request_", "kind", "text"),
    [
        (Request.of("GET", "/", [("Host", HOST)]), Refusal.MISSING_TOKEN, "Missing Authentication Token"),
        (with_authorization("Bearer abc"), Refusal.MISSING_TOKEN, "Missing Authentication Token"),
        (with_authorization(""), Refusal.MISSING_TOKEN, "Missing Authentication Token"),
        (
            with_authorization(f"AWS4-ECDSA-P256-SHA256 Credential={CREDENTIAL}, SignedHeaders=host, Signature=a"),
            Refusal.INCOMPLETE,
            "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.",
        ),
        (
            with_authorization("AWS4-HMAC-SHA256 SignedHeaders=host, Signature=a"),
            Refusal.INCOMPLETE,
            "Authorization header requires 'Credential' parameter. (Hashed with SHA-256",
        ),
        (
            with_authorization("AWS4-HMAC-SHA256 Signature=a"),
            Refusal.INCOMPLETE,
            "Authorization header requires 'Credential' parameter. Authorization header requires 'SignedHeaders'",
        ),
        (
            with_authorization(f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host"),
            Refusal.INCOMPLETE,
            "Authorization header requires 'Signature' parameter.",
        ),
        (
            with_authorization(f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host, Signature="),
            Refusal.INCOMPLETE,
            "Authorization header requires 'Signature' parameter.",
        ),
        (
            with_authorization("AWS4-HMAC-SHA256 nonsense, SignedHeaders=host, Signature=a"),
            Refusal.INCOMPLETE,
            "'nonsense' not a valid key=value pair (missing equal-sign) in Authorization header",
        ),
        (
            with_authorization("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=a"),
            Refusal.INCOMPLETE,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b'",
        ),
        (
            with_authorization(f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host, Signature=a", date=None),
            Refusal.INCOMPLETE,
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        ),
        (
            with_authorization(
                f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host, Signature=a", date="soon"
            ),
            Refusal.INCOMPLETE,
            "Date must be in ISO-8601 'basic format'. Got 'soon'.",
        ),
        (
            with_authorization(
                f"AWS4-HMAC-SHA256 Credential={CREDENTIAL.replace('aws4_', 'aws5_')}, SignedHeaders=host, Signature=a"
            ),
            Refusal.MISMATCH,
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
        ),
        (
            with_authorization(
                f"AWS4-HMAC-SHA256 Credential={CREDENTIAL.replace('eu-west', 'EU')}, SignedHeaders=host, Signature=a"
            ),
            Refusal.MISMATCH,
            "Credential should be scoped to a valid region. ",
        ),
        (
            with_authorization(f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=x-amz-date, Signature=a"),
            Refusal.MISMATCH,
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        (
            with_authorization(
                f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host, Signature=a", date="20200101T000000Z"
            ),
            Refusal.MISMATCH,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP:"
            f" '{STAMP[:8]}' != '20200101', from '20200101T000000Z'.",
        ),
        (
            Request.of("GET", f"/?X-Amz-Credential={CREDENTIAL}&X-Amz-Signature=a", [("Host", HOST)]),
            Refusal.INCOMPLETE,
            "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include"
            " 'X-Amz-SignedHeaders'.",
        ),
        (
            Request.of(
                "GET",
                f"/?X-Amz-Algorithm=MD5&X-Amz-Credential={CREDENTIAL}&X-Amz-Date={STAMP}&X-Amz-SignedHeaders=host"
                "&X-Amz-Signature=a",
                [("Host", HOST)],
            ),
            Refusal.INCOMPLETE,
            "Unsupported AWS 'algorithm': 'MD5'.",
        ),
        (
            Request.of(
                "GET",
                f"/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={CREDENTIAL}&X-Amz-Date={STAMP}&X-Amz-SignedHeaders"
                "=host&X-Amz-Signature=a&X-Amz-Expires=604801",
                [("Host", HOST)],
            ),
            Refusal.INCOMPLETE,
            "X-Amz-Expires must be a number of seconds between 1 and 604800. Got '604801'.",
        ),
    ],
)
def test_malformed_claims(request_: Request, kind: Refusal, text: str) -> None:
    found, message = refusal(lambda: sigv4.read_claim(request_))
    assert (found, message[: len(text)]) == (kind, text)


def test_order_of_the_authorization_header_does_not_matter() -> None:
    request = signed()
    credential, headers, made = request.headers["authorization"].removeprefix("AWS4-HMAC-SHA256 ").split(", ")
    check(changed(request, authorization=f"AWS4-HMAC-SHA256 {made}, {headers}, {credential}"))
    check(changed(request, authorization=f"AWS4-HMAC-SHA256 {credential},{headers},{made}"))


def test_impossible_date() -> None:
    stamp = STAMP[:4] + "9999T000000Z"
    credential = CREDENTIAL.replace(STAMP[:8], stamp[:8])
    request = with_authorization(
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=a", date=stamp
    )
    assert refusal(lambda: sigv4.read_claim(request))[0] is Refusal.INCOMPLETE


def test_a_long_authorization_is_read_and_not_remembered() -> None:
    request = signed(headers={f"X-Many-{number}": "x" for number in range(300)})
    misses = sigv4._scope_of_header.cache_info().misses
    check(request)
    assert sigv4._scope_of_header.cache_info().misses == misses
