"""Which service does a request mean, and in which region? Read from what comes before the body.

The scope of the signature says it outright; an unsigned request is placed by its target header, its host
or its path. Whether the caller may do anything is not asked here.
"""

from __future__ import annotations

import re
from functools import lru_cache

from lambent.gateway.dispatch import Service, Services, unserved
from lambent.gateway.refusals import UNDETERMINED, Refusal, Refused
from lambent.gateway.sigv4 import Claim
from lambent.http.message import Request
from lambent.wire.model import ServiceModel
from lambent.wire.request import WireRequest
from lambent.wire.route import Match, route, route_by_path

_ENDPOINT = re.compile(r"(?P<prefix>[a-z0-9.-]+?)(?:\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?")
_REST_XML = frozenset({"s3", "s3express", "s3-outposts", "cloudfront", "route53"})
_REMEMBERED = 512
"""Longer paths are looked at each time: strangers choose them, and a megabyte each would fill the memory."""

_ACTION = re.compile(r"(?:^|&)Action=([A-Za-z0-9]+)")


def identify(request: Request, claim: Claim | None, services: Services) -> Service | None:
    """The service that is meant; None if none is, or one that is not served."""
    if claim is None:
        return by_shape(request, services)
    return _of(request, services.signing_as(claim.scope.service), services)


def by_path(request: Request, claim: Claim | None, services: Services) -> tuple[Service, Match] | None:
    """Service and operation of a signed request whose path tells both; None if more of it has to be read."""
    path = request.path
    if claim is None or len(path) > _REMEMBERED:
        return None
    return _by_path_alone(services, claim.scope.service, request.method, path)


@lru_cache(maxsize=2048)
def _by_path_alone(services: Services, signed_for: str, method: str, path: str) -> tuple[Service, Match] | None:
    found = services.signing_as(signed_for)
    match = route_by_path(found[0].model, method, path) if len(found) == 1 else None
    return None if match is None else (found[0], match)


async def not_identified(request: Request, claim: Claim | None) -> Refused:
    """The refusal of a request whose service `identify` could not tell."""
    name = claim.scope.service if claim is not None else _host(request)[0]
    refusal = await unserved(name, asked_operation(request)) if name else None
    return refusal or Refused(Refusal.DENIED, UNDETERMINED)


def region_of(request: Request, claim: Claim | None, default: str) -> str:
    """The region that is meant: of the signature, else of the host name, else `default`."""
    if claim is not None:
        return claim.scope.region
    return _host(request)[1] or default


def asked_operation(request: Request) -> str | None:
    """The operation's name where a request says it outright, for messages."""
    target = request.headers.get("x-amz-target")
    if target:
        return target.rpartition(".")[2]
    if "/operation/" in request.path:
        return request.path.rpartition("/")[2]
    action = _ACTION.search(request.query)
    return action[1] if action else None


def likely_protocol(request: Request, claim: Claim | None) -> str:
    """The protocol in which a request seems to speak to a service whose model is not loaded."""
    if claim is not None and claim.scope.service in _REST_XML:
        return "rest-xml"
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    if request.headers.get("x-amz-target"):
        return "json"
    kind = request.headers.get("content-type") or ""
    if kind.startswith("application/x-www-form-urlencoded") or _ACTION.search(request.query):
        return "query"
    return "rest-json"


def match(model: ServiceModel, request: WireRequest) -> Match | None:
    """The operation that a request names, where that can be told without a body; None if it cannot."""
    return None if "query" in model.protocols or "ec2" in model.protocols else route(model, request)


def by_shape(request: Request, services: Services) -> Service | None:
    """The service that an unsigned request means, if one that is served; by target header, host or path."""
    prefix = _host(request)[0]
    if prefix:
        return _of(request, services.at_endpoint(prefix), services)
    return _by_target(request, services) or _by_path(request, services.all)


def _of(request: Request, candidates: list[Service], services: Services) -> Service | None:
    """The one of those that share a name which the rest of the request fits."""
    if len(candidates) <= 1:
        return candidates[0] if candidates else None
    return _by_target(request, services) or _by_path(request, candidates) or candidates[0]


def _by_target(request: Request, services: Services) -> Service | None:
    return services.targeted((request.headers.get("x-amz-target") or "").rpartition(".")[0])


def _by_path(request: Request, candidates: tuple[Service, ...] | list[Service]) -> Service | None:
    asked = WireRequest(request.method, request.path, request.query, request.headers)
    for service in candidates:
        if service.model.protocol.startswith("rest") and route(service.model, asked) is not None:
            return service
    return None


def _host(request: Request) -> tuple[str, str | None]:
    """Endpoint prefix and region of an AWS host name; ("", None) for any other host."""
    host = (request.headers.get("host") or "").partition(":")[0].lower()
    found = _ENDPOINT.fullmatch(host)
    return (found["prefix"], found["region"]) if found else ("", None)
