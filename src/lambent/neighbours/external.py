"""Services at endpoints elsewhere: real AWS, MinIO, ElasticMQ, another Lambent. `wire` writes, `http` sends."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from lambent.context import Context
from lambent.http.client import AnswerTooLarge, ClientError, HttpClient
from lambent.model.errors import ApiError
from lambent.neighbours import errors
from lambent.neighbours.base import Sign
from lambent.wire.client import parse_error, parse_response, render_request
from lambent.wire.model import ServiceModel, load
from lambent.wire.request import WireError, WireResponse

AWS = "aws"
"""In place of an endpoint: AWS itself, in the caller's region."""

TIMEOUT_SECONDS = 60.0


class External:
    """`endpoints` by service name. `sign` None: no keys are configured, requests go out unsigned."""

    def __init__(self, http: HttpClient, endpoints: Mapping[str, str], sign: Sign | None) -> None:
        self._http = http
        self._endpoints = endpoints
        self._sign = sign

    def has(self, service: str) -> bool:
        """Whether an endpoint is configured for the service."""
        return service in self._endpoints

    async def call(
        self, ctx: Context, service: str, operation: str, params: Mapping[str, Any], *, answer_bytes: int
    ) -> dict[str, Any]:
        """See `Neighbours.call`."""
        model = load(service)
        described = model.operations[operation]
        endpoint = _address(self._endpoints[service], model, ctx.region)
        request = render_request(
            model,
            described,
            params,
            endpoint,
            token=ctx.ids.request_id,
            prefix_host=self._endpoints[service] == AWS,
        )
        headers = dict(request.headers.items())
        host = headers.pop("host")
        if ctx.trace_id is not None:
            headers["x-amzn-trace-id"] = ctx.trace_id
        if service == "s3":
            headers["x-amz-content-sha256"] = hashlib.sha256(request.body).hexdigest()
        query = f"?{request.query}" if request.query else ""
        url = f"{endpoint.partition('://')[0]}://{host}{request.path}{query}"
        if self._sign is not None:
            headers = self._sign(request.method, url, headers, request.body, ctx.region, model.signing_name)
        try:
            answer = await self._http.request(
                request.method, url, headers, request.body, limit=answer_bytes, within=TIMEOUT_SECONDS
            )
        except AnswerTooLarge:
            raise errors.too_large(service, answer_bytes) from None
        except ClientError as error:
            raise errors.silent(service, endpoint, str(error)) from error
        return _result(model, operation, WireResponse(answer.status, answer.headers, answer.body))


def _address(endpoint: str, model: ServiceModel, region: str) -> str:
    return f"https://{model.endpoint_prefix}.{region}.amazonaws.com" if endpoint == AWS else endpoint.rstrip("/")


def _result(model: ServiceModel, operation: str, response: WireResponse) -> dict[str, Any]:
    if response.status >= 300:
        code, message, fields = parse_error(model, model.protocol, response)
        raise ApiError(code, message, status=response.status, fields=fields)
    try:
        return parse_response(model, model.operations[operation], model.protocol, response)
    except WireError as error:
        raise errors.unreadable(model.service, str(error)) from error
