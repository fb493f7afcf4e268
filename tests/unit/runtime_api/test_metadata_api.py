"""The metadata endpoint: its token, its answer, its refusals."""

from __future__ import annotations

import pytest

from lambent.http.message import Request
from lambent.runtime_api.metadata_api import PATH, MetadataApi, zone_id


def call(api: MetadataApi, authorization: str | None = "Bearer secret", method: str = "GET") -> tuple[int, object]:
    """(status, body) of the answer."""
    headers = [] if authorization is None else [("Authorization", authorization)]
    response = api.handle(Request.of(method, PATH, headers))
    return response.status, response.body


def test_the_zone() -> None:
    response = MetadataApi("secret", "use1-az1").handle(Request.of("GET", PATH, [("Authorization", "Bearer secret")]))
    assert (response.status, response.body) == (200, b'{"AvailabilityZoneID":"use1-az1"}')
    assert dict(response.headers) == {
        "Content-Type": "application/json",
        "Cache-Control": "private, max-age=43200, immutable",
    }
    short = MetadataApi("secret", "z", max_age=60).handle(Request.of("GET", PATH, [("Authorization", "Bearer secret")]))
    assert dict(short.headers)["Cache-Control"] == "private, max-age=60, immutable"


@pytest.mark.parametrize(
    "authorization", [None, "", "secret", "Bearer", "Bearer ", "Bearer Secret", "bearer secret", "Bearer secret ", "ü€"]
)
def test_wrong_tokens(authorization: str | None) -> None:
    assert call(MetadataApi("secret", "z"), authorization) == (401, b"Unauthorized\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "DELETE"])
def test_other_methods(method: str) -> None:
    assert call(MetadataApi("secret", "z"), method=method) == (405, b"Method Not Allowed\n")


def test_no_zone() -> None:
    assert call(MetadataApi("secret", None)) == (500, b"Internal Server Error\n")


@pytest.mark.parametrize(
    ("region", "zone"),
    [
        ("us-east-1", "use1-az1"),
        ("us-west-2", "usw2-az1"),
        ("eu-central-1", "euc1-az1"),
        ("ap-southeast-2", "apse2-az1"),
        ("ap-northeast-1", "apne1-az1"),
        ("us-gov-west-1", "usgw1-az1"),
        ("cn-north-1", "cnn1-az1"),
        ("sa-east-1", "sae1-az1"),
        ("local", None),
        ("us-middle-1", None),
    ],
)
def test_zone_ids(region: str, zone: str | None) -> None:
    assert zone_id(region) == zone
