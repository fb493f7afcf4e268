"""Our signer agrees with botocore's, and with our own verifier."""

from __future__ import annotations

import datetime
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambent.gateway import sigv4
from lambent.gateway.signing import Key, presign, sign
from lambent.http.message import Request

NOW = 1_790_000_000.0
MOMENT = datetime.datetime.fromtimestamp(NOW, datetime.UTC).replace(tzinfo=None)
KEY = Key("AKIDEXAMPLE", "secret")
SESSION = Key("ASIAEXAMPLE", "secret", "to/ken==")
URL = "http://127.0.0.1:4566/2015-03-31/functions/a%3Ab/invocations?Qualifier=%24LATEST&a"


@pytest.mark.parametrize("key", [KEY, SESSION])
@pytest.mark.parametrize("url", [URL, "http://h", "http://h/a//b/../c?z=1&b=2"])
def test_sign_agrees_with_botocore(key: Key, url: str) -> None:
    headers = {"X-Amz-Log-Type": "Tail", "User-Agent": "x"}
    ours = sign("POST", url, headers, b"{}", key=key, region="eu-west-1", service="lambda", now=NOW)
    request = AWSRequest(method="POST", url=url, data=b"{}", headers=headers)
    credentials = Credentials(key.access_key_id, key.secret_access_key, key.session_token)
    with mock.patch.object(auth, "get_current_datetime", lambda *_, **__: MOMENT):
        auth.SigV4Auth(credentials, "lambda", "eu-west-1").add_auth(request)
    assert ours["Authorization"] == request.headers["Authorization"]
    assert ours["X-Amz-Date"] == request.headers["X-Amz-Date"]
    assert ours.get("X-Amz-Security-Token") == key.session_token


@pytest.mark.parametrize("key", [KEY, SESSION])
@pytest.mark.parametrize("service", ["lambda", "s3"])
@pytest.mark.parametrize("address", [URL, URL.partition("?")[0]])
def test_presign_is_accepted_and_agrees_with_botocore(key: Key, service: str, address: str) -> None:
    url = presign(address, key=key, region="eu-west-1", service=service, now=NOW, expires=600)
    parts = urlsplit(url)
    request = Request.of("GET", f"{parts.path}?{parts.query}", [("Host", parts.netloc)])
    claim = sigv4.read_claim(request)
    sigv4.check_time(claim, NOW + 600)
    sigv4.verify(claim, request, b"", key.secret_access_key)
    assert claim.session_token == key.session_token

    signer = auth.S3SigV4QueryAuth if service == "s3" else auth.SigV4QueryAuth
    theirs = AWSRequest(method="GET", url=address)
    credentials = Credentials(key.access_key_id, key.secret_access_key, key.session_token)
    with mock.patch.object(auth, "get_current_datetime", lambda *_, **__: MOMENT):
        signer(credentials, service, "eu-west-1", expires=600).add_auth(theirs)
    found = parse_qs(urlsplit(theirs.url).query)["X-Amz-Signature"]
    assert [claim.signature] == found
