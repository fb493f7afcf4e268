"""The metadata endpoint of 2026-01-15: which Availability Zone an environment is in, for who holds its token."""

from __future__ import annotations

import hmac
import re
from http import HTTPStatus

import msgspec

from lambent.http.message import Request, Response

PATH = "/2026-01-15/metadata/execution-environment"
MAX_AGE_SECONDS = 43_200

_REGION = re.compile(r"([a-z]+)((?:-[a-z]+)*)-([a-z]+)-(\d+)")
_DIRECTIONS = {
    "northeast": "ne",
    "northwest": "nw",
    "southeast": "se",
    "southwest": "sw",
    "central": "c",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
}


def zone_id(region: str) -> str | None:
    """The id of a region's first zone, as AWS forms it: `us-east-1` is in `use1-az1`. None if it is no region."""
    found = _REGION.fullmatch(region)
    if found is None or found[3] not in _DIRECTIONS:
        return None
    partition = "".join(part[0] for part in found[2].split("-") if part)
    return f"{found[1]}{partition}{_DIRECTIONS[found[3]]}{found[4]}-az1"


class MetadataApi:
    """`token` is what the environment's processes know as AWS_LAMBDA_METADATA_TOKEN; `zone` None answers 500."""

    def __init__(self, token: str, zone: str | None, max_age: int = MAX_AGE_SECONDS) -> None:
        self._expected = f"Bearer {token}".encode("latin-1", "replace")
        self._answer = None if zone is None else msgspec.json.encode({"AvailabilityZoneID": zone})
        self._cache = f"private, max-age={max_age}, immutable"

    def handle(self, request: Request) -> Response:
        """Answer one request on `PATH`."""
        if request.method != "GET":
            return _failed(HTTPStatus.METHOD_NOT_ALLOWED)
        given = request.headers.get("authorization", "").encode("latin-1", "replace")
        if not hmac.compare_digest(given, self._expected):
            return _failed(HTTPStatus.UNAUTHORIZED)
        if self._answer is None:
            return _failed(HTTPStatus.INTERNAL_SERVER_ERROR)
        return Response(200, [("Content-Type", "application/json"), ("Cache-Control", self._cache)], self._answer)


def _failed(status: HTTPStatus) -> Response:
    return Response(status.value, [("Content-Type", "text/plain; charset=utf-8")], f"{status.phrase}\n".encode())
