"""Which operation a request asks for: a matcher compiled once per service.

REST paths go through a tree of segments, so the cost grows with the path and not with the number of
operations; the other protocols name their operation outright. Nothing here reads a body except to
find a form's `Action`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from urllib.parse import unquote

import msgspec

from lambent.wire.binding import read_query
from lambent.wire.compression import inflate, is_compressed
from lambent.wire.form import Form, read_form
from lambent.wire.model import CBOR, QUERY_DIALECTS, Operation, ServiceModel
from lambent.wire.request import WireError, WireRequest

_REMEMBERED = 512


class Match(msgspec.Struct, frozen=True):
    """What a request asks for. `labels` are the decoded labels of the path by wire name; `form` the
    fields of a query-protocol request, read while looking for the action."""

    operation: Operation
    protocol: str
    labels: Mapping[str, str] = MappingProxyType({})
    form: Form | None = None


def route(service: ServiceModel, request: WireRequest) -> Match | None:
    """The operation that `request` names in one of the service's protocols; None when there is none.

    Raises WireError for a form that cannot be read.
    """
    protocol = protocol_of(service, request)
    if protocol.startswith("rest"):
        return _route_rest(service, protocol, request)
    form: Form | None = None
    if protocol == CBOR:
        name = request.path.rpartition("/operation/")[2]
    elif protocol == "json":
        prefix, _, name = (request.headers.get("x-amz-target") or "").rpartition(".")
        if prefix != service.target_prefix:
            return None
    else:
        form = _form(request)
        name = form.get("Action", "")
    if name not in service.operations:
        return None
    return Match(service.speaking(protocol).operations[name], protocol, form=form)


def route_by_path(service: ServiceModel, method: str, path: str) -> Match | None:
    """The operation that every request with that path names, whatever else it holds; None where more has to be read."""
    protocol = service.protocols[0]
    if len(service.protocols) > 1 or not protocol.startswith("rest"):
        return None
    routes = _at_path(service, protocol, method, path)
    return routes[0][1] if len(routes) == 1 and not routes[0][0].static else None


def _form(request: WireRequest) -> Form:
    """The fields of a form in the body, else in the query."""
    if not request.body:
        return read_form(request.query.encode())
    return read_form(inflate(request.body) if is_compressed(request) else request.body)


def protocol_of(service: ServiceModel, request: WireRequest) -> str:
    """The protocol in which `request` speaks to a service that may understand several."""
    protocols = service.protocols
    if len(protocols) == 1:
        return protocols[0]
    headers = request.headers
    if CBOR in protocols and headers.get("smithy-protocol") == "rpc-v2-cbor":
        return CBOR
    if "json" in protocols and headers.get("x-amz-target"):
        return "json"
    if "query" in protocols:
        kind = headers.get("content-type") or ""
        if kind.startswith("application/x-www-form-urlencoded") or "Action=" in request.query:
            return "query"
    return protocols[0]


def unknown_operation(service: ServiceModel, request: WireRequest) -> WireError:
    """AWS's refusal of a request that `route` could not place."""
    protocol = protocol_of(service, request)
    if protocol in QUERY_DIALECTS:
        form = _form(request)
        action, version = form.get("Action"), form.get("Version", service.api_version)
        if action is None:
            return WireError("MissingAction", "The request must contain the parameter Action")
        return WireError("InvalidAction", f"Could not find operation {action} for version {version}")
    if service.service == "s3":
        return WireError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
    if protocol.startswith("rest"):
        return WireError("UnknownOperationException", f"No operation at {request.method} {request.path}", 404)
    named = request.headers.get("x-amz-target") or request.path
    return WireError(
        "UnknownOperationException", f"The operation {named} is not known", 404 if protocol == CBOR else 400
    )


class _Route:
    """One operation at one path: its labels, and what tells it from others at the same path."""

    __slots__ = ("labels", "operation", "required_headers", "required_query", "static")

    def __init__(self, operation: Operation, labels: list[str], static: dict[str, str]) -> None:
        self.operation = operation
        self.labels = labels
        self.static = static
        members = operation.input.members if operation.input else {}
        required = (
            [(name, members[name]) for name in (operation.input.traits.required or ())] if operation.input else []
        )
        self.required_query = {s.wire_name or n for n, s in required if s.location == "querystring"}
        self.required_headers = {(s.wire_name or n).lower() for n, s in required if s.location == "header"}

    @property
    def weight(self) -> tuple[int, int, bool]:
        """How much it takes to mean this operation; of two that look alike, the one not deprecated goes first."""
        return len(self.static), len(self.required_query) + len(self.required_headers), not self.operation.deprecated

    def admits(self, query: dict[str, list[str]]) -> bool:
        """The fixed part of the template's query is there."""
        return all(name in query and value in ("", *query[name]) for name, value in self.static.items())

    def satisfied(self, query: dict[str, list[str]], request: WireRequest) -> bool:
        """What the operation demands besides its path is there."""
        return self.required_query <= query.keys() and all(
            request.headers.get(name) is not None for name in self.required_headers
        )


class _Node:
    __slots__ = ("greedy", "label", "literals", "routes")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.label: _Node | None = None
        self.greedy: list[tuple[tuple[str, ...], dict[str, list[_Route]]]] = []
        self.routes: dict[str, list[_Route]] = {}


def _route_rest(service: ServiceModel, protocol: str, request: WireRequest) -> Match | None:
    path = request.path
    # Long paths are not remembered: strangers choose them, and a megabyte each would fill the memory.
    at_path = _at_path if len(path) <= _REMEMBERED else _at_path.__wrapped__
    routes = at_path(service, protocol, request.method, path)
    if len(routes) == 1 and not routes[0][0].static:
        return routes[0][1]
    chosen = _choose([each for each, _ in routes], request)
    return next((match for each, match in routes if each is chosen), None)


@lru_cache(maxsize=2048)
def _at_path(service: ServiceModel, protocol: str, method: str, path: str) -> list[tuple[_Route, Match]]:
    """The routes of a path, and what a request that takes them asks for."""
    segments = path.split("/")[1:]
    values: list[str] = []
    root = _tree(service)
    routes = _find(root, method, segments, 0, values)
    if routes is None and segments and segments[-1] == "":
        routes = _find(root, method, segments[:-1], 0, values)
    texts = [unquote(text) if "%" in text else text for text in values]
    return [
        (each, Match(each.operation, protocol, MappingProxyType(dict(zip(each.labels, texts, strict=True)))))
        for each in routes or ()
    ]


def _find(node: _Node, method: str, segments: list[str], at: int, values: list[str]) -> list[_Route] | None:
    """The routes at the end of the path, literal segments before labels; labels' texts go to `values`."""
    if at == len(segments):
        return node.routes.get(method)
    segment = segments[at]
    child = node.literals.get(segment) or (node.literals.get(unquote(segment)) if "%" in segment else None)
    if child is not None and (routes := _find(child, method, segments, at + 1, values)) is not None:
        return routes
    if segment and node.label is not None:
        values.append(segment)
        if (routes := _find(node.label, method, segments, at + 1, values)) is not None:
            return routes
        values.pop()
    for suffix, by_method in node.greedy:
        end = len(segments) - len(suffix)
        if (
            end > at
            and tuple(segments[end:]) == suffix
            and method in by_method
            and (rest := "/".join(segments[at:end]))
        ):
            values.append(rest)
            return by_method[method]
    return None


def _choose(routes: list[_Route], request: WireRequest) -> _Route | None:
    query = read_query(request.query)
    admitted = [candidate for candidate in routes if candidate.admits(query)]
    # Routes are sorted by weight: a fixed query that is there outranks every template without it.
    admitted = [candidate for candidate in admitted if len(candidate.static) == len(admitted[0].static)]
    # Some SDKs say which operation they mean; nobody has to.
    hint = query.get("x-id", [""])[0]
    named = (candidate for candidate in admitted if candidate.operation.name == hint)
    fitting = (candidate for candidate in admitted if candidate.satisfied(query, request))
    return next(named, None) or next(fitting, None) or (admitted[-1] if admitted else None)


@cache
def _tree(service: ServiceModel) -> _Node:
    root = _Node()
    for operation in service.operations.values():
        path, _, query = operation.uri.partition("?")
        static = {name: values[0] for name, values in read_query(query).items()}
        segments = [segment for segment in path.split("/")[1:] if segment]
        labels = [segment[1:-1].removesuffix("+") for segment in segments if segment.startswith("{")]
        _place(root, segments, operation.method, _Route(operation, labels, static))
    return root


def _place(node: _Node, segments: list[str], method: str, added: _Route) -> None:
    for index, segment in enumerate(segments):
        if segment.endswith("+}"):
            suffix = tuple(segments[index + 1 :])
            by_method = next((found for known, found in node.greedy if known == suffix), None)
            if by_method is None:
                by_method = {}
                node.greedy.append((suffix, by_method))
                node.greedy.sort(key=lambda entry: -len(entry[0]))
            _insert(by_method, method, added)
            return
        if segment.startswith("{"):
            if node.label is None:
                node.label = _Node()
            node = node.label
        else:
            node = node.literals.setdefault(segment, _Node())
    _insert(node.routes, method, added)


def _insert(by_method: dict[str, list[_Route]], method: str, added: _Route) -> None:
    routes = by_method.setdefault(method, [])
    routes.append(added)
    routes.sort(key=lambda entry: entry.weight, reverse=True)
