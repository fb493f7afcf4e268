"""Filter expressions: `service("api") { fault } AND annotation.tenant = "a" AND responsetime > 1`. Pure.

Each part is true or false of a whole trace; one in the braces of a service or an edge, of that service's own segments.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from lambent.observe.traces.segments import Segment
from lambent.services.tokens import tokens
from lambent.services.xray.calls import Party
from lambent.services.xray.summary import Traced, node, parts, summed

Test = Callable[[Traced], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<name>[A-Za-z_][\w.]*(?:\[[^\]]+\])?)|(?P<sign>!=|<=|>=|&&|\|\||[=<>(){},!:]))"
)
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "CONTAINS": lambda value, part: part in value,
    "BEGINSWITH": lambda value, part: value.startswith(part),
    "ENDSWITH": lambda value, part: value.endswith(part),
}
_FLAGS: Mapping[str, Test] = {
    "ok": lambda traced: not (traced.fault or traced.error or traced.throttle),
    "fault": lambda traced: traced.fault,
    "error": lambda traced: traced.error,
    "throttle": lambda traced: traced.throttle,
    "partial": lambda traced: traced.partial,
    "inferred": lambda traced: traced.inferred,
    "root": lambda traced: traced.root,
}
_HTTP = {
    "http.url": "HttpURL",
    "http.status": "HttpStatus",
    "http.method": "HttpMethod",
    "http.useragent": "UserAgent",
    "http.clientip": "ClientIp",
}
_OF_ROOT_CAUSES = ("first", "last", "remote", "index", "json", "rootcause")
_DEEPEST = 50
_Wanted = tuple[str | None, str | None, str | None]
"""Name, type and account of a service; None: any."""

_ANY: _Wanted = (None, None, None)


class BadFilter(Exception):
    """The text is no filter expression; says why."""


def parse(text: str, groups: Mapping[str, str] = {}) -> Test:
    """What an expression holds for; nothing holds for every trace. `groups` are filters by their groups' names and
    ARNs. Raises BadFilter."""
    if not text.strip():
        return lambda traced: True
    reader = _Reader(text, groups)
    test = reader.either()
    reader.end()
    return test


class _Reader:
    def __init__(self, text: str, groups: Mapping[str, str]) -> None:
        self._tokens = tokens(_TOKEN, text, BadFilter)
        self._groups = groups
        self._at = 0
        self._depth = 0

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise BadFilter(f"unexpected {self._tokens[self._at][1]}")

    def either(self) -> Test:
        left = self._both()
        while self._word() in ("OR", "||"):
            self._at += 1
            left = _or(left, self._both())
        return left

    def _both(self) -> Test:
        left = self._one()
        while self._word() in ("AND", "&&"):
            self._at += 1
            left = _and(left, self._one())
        return left

    def _one(self) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadFilter("too deeply nested")
        try:
            if self._accept("!") or self._accept("NOT"):
                inner = self._one()
                return lambda traced: not inner(traced)
            if self._accept("("):
                inner = self.either()
                self._expect(")")
                return inner
            return self._condition()
        finally:
            self._depth -= 1

    def _condition(self) -> Test:
        kind, name = self._take()
        if kind != "name":
            raise BadFilter(f"unexpected {name}")
        lowered = name.lower()
        if lowered in ("service", "edge"):
            return self._of_service(lowered)
        if lowered in _FLAGS:
            if self._word() in ("=", "!="):
                wanted = (self._take()[1] == "=") == (self._take()[1].lower() == "true")
                return lambda traced: _FLAGS[lowered](traced) is wanted
            return _FLAGS[lowered]
        if lowered in ("group.name", "group.arn"):
            return self._of_group()
        values = _values(name)
        if self._word() not in _ORDER and self._word() not in _TEXT:
            return lambda traced: bool(values(traced))
        how, value = self._take()[1], self._literal()
        if how in _TEXT and not isinstance(value, str):
            raise BadFilter(f"{how} needs a text")
        return lambda traced: any(_holds(how, each, value) for each in values(traced))

    def _of_group(self) -> Test:
        how, name = self._take()[1], self._literal()
        if how not in ("=", "!="):
            raise BadFilter("a group can only be compared by = and !=")
        if name not in self._groups:
            raise BadFilter(f"there is no group {name}")
        inner = parse(self._groups[str(name)])
        return lambda traced: inner(traced) is (how == "=")

    def _of_service(self, what: str) -> Test:
        """`service("name") { ... }`, `edge("from", "to") { ... }`; the braces may be missing."""
        self._expect("(")
        names = []
        while not self._accept(")"):
            names.append(self._service())
            self._accept(",")
        if len(names) > (1 if what == "service" else 2):
            raise BadFilter(f"{what} has too many arguments")
        inner: Test | None = None
        if self._accept("{"):
            inner = self.either()
            self._expect("}")
        if what == "service":
            wanted = names[0] if names else _ANY
            return lambda traced: any(
                _alone(traced, each, inner) for each in traced.parties if _is(each.segment, wanted)
            )
        source, target = (*names, _ANY, _ANY)[:2]
        return lambda traced: any(
            _alone(traced, each, inner)
            for each in traced.parties
            if each.caller is not None and _is(each.caller, source) and _is(each.segment, target)
        )

    def _service(self) -> _Wanted:
        """A name, or `id(name: "...", type: "...")`."""
        kind, token = self._take()
        if kind == "text":
            return token[1:-1], None, None
        if token != "id":
            raise BadFilter(f"unexpected {token}")
        self._expect("(")
        named: dict[str, str] = {}
        while not self._accept(")"):
            key = self._take()[1].lower()
            self._expect(":")
            named[key] = str(self._literal())
            self._accept(",")
        if not named.keys() <= {"name", "type", "account.id"}:
            raise BadFilter("id takes a name, a type and an account.id")
        return named.get("name"), named.get("type"), named.get("account.id")

    def _literal(self) -> str | float | bool:
        kind, token = self._take()
        if kind == "number":
            return float(token)
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        if token.lower() in ("true", "false"):
            return token.lower() == "true"
        raise BadFilter(f"unexpected {token}")

    def _word(self) -> str:
        if self._at >= len(self._tokens):
            return ""
        token = self._tokens[self._at][1]
        return token.upper() if token.upper() in ("AND", "OR", "NOT", *_TEXT) else token

    def _accept(self, token: str) -> bool:
        if self._word() != token:
            return False
        self._at += 1
        return True

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise BadFilter(f"{token} expected")

    def _take(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise BadFilter("it ends too early")
        self._at += 1
        kind, token = self._tokens[self._at - 1]
        return kind, token.upper() if token.upper() in _TEXT else token


def _values(name: str) -> Callable[[Traced], Sequence[Any]]:
    """All values that a trace has under a name."""
    lowered = name.lower()
    if lowered in _HTTP:
        key = _HTTP[lowered]
        return lambda traced: [traced.http[key]] if key in traced.http else []
    if lowered in ("responsetime", "duration", "starttime"):
        member = {"responsetime": "response", "duration": "duration", "starttime": "start"}[lowered]
        return lambda traced: [getattr(traced, member)]
    if lowered == "user":
        return lambda traced: list(traced.users)
    if lowered in ("id", "traceid"):
        return lambda traced: [traced.id]
    if lowered in ("name", "type", "account.id"):
        attribute = {"name": "name", "type": "kind", "account.id": "account"}[lowered]
        return lambda traced: [getattr(each, attribute) for each in traced.nodes]
    if lowered.startswith(("annotation.", "annotation[")):
        annotated = name[len("annotation") + 1 :].rstrip("]").strip("\"'")
        return lambda traced: [value for value, _ in traced.annotations.get(annotated, ())]
    if lowered == "message":
        return lambda traced: [text for part in _parts(traced) for text in _messages(part)]
    if lowered in ("availabilityzone", "instance.id"):
        member = {"availabilityzone": "availability_zone", "instance.id": "instance_id"}[lowered]
        return lambda traced: [text for each in traced.segments if (text := _of_machine(each, member)) is not None]
    if lowered.partition(".")[0] in _OF_ROOT_CAUSES:
        raise BadFilter(f"{name} is of root causes, which are not worked out")
    if lowered.startswith("resource.arn") or lowered == "resource_arn":
        return lambda traced: [each.fields["resource_arn"] for each in traced.segments if "resource_arn" in each.fields]
    raise BadFilter(f"unknown keyword {name}")


def _parts(traced: Traced) -> Iterator[Mapping[str, Any]]:
    for segment in traced.segments:
        yield from parts(segment)


def _messages(part: Mapping[str, Any]) -> Iterator[str]:
    """What exceptions say."""
    cause = part.get("cause")
    exceptions = cause.get("exceptions") if isinstance(cause, dict) else None
    for exception in exceptions if isinstance(exceptions, list) else ():
        if isinstance(exception, dict) and isinstance(exception.get("message"), str):
            yield exception["message"]


def _of_machine(segment: Segment, member: str) -> str | None:
    aws = segment.fields.get("aws")
    machine = aws.get("ec2") if isinstance(aws, dict) else None
    value = machine.get(member) if isinstance(machine, dict) else None
    return value if isinstance(value, str) else None


def _holds(how: str, value: object, wanted: str | float | bool) -> bool:
    if how in _TEXT:
        return isinstance(value, str) and isinstance(wanted, str) and _TEXT[how](value, wanted)
    if isinstance(value, bool) != isinstance(wanted, bool) or isinstance(value, str) != isinstance(wanted, str):
        return how == "!="
    return _ORDER[how](value, wanted)


def _is(segment: Segment, wanted: _Wanted) -> bool:
    name, kind, account = wanted
    found = node(segment)
    return name in (None, found.name) and kind in (None, found.kind) and account in (None, found.account)


def _alone(traced: Traced, party: Party, inner: Test | None) -> bool:
    """Whether a condition holds for one party of a trace by itself, with all that it has sent."""
    if inner is None:
        return True
    if party.inferred:
        return inner(msgspec.structs.replace(summed(traced.id, [party.segment], root=False), inferred=True))
    # Whose id another claims for a part of its own has sent itself, at least.
    own = traced.own.get(party.segment.id) or [party.segment]
    return inner(msgspec.structs.replace(summed(traced.id, own, root=party.caller is None), inferred=False))


def _or(left: Test, right: Test) -> Test:
    return lambda traced: left(traced) or right(traced)


def _and(left: Test, right: Test) -> Test:
    return lambda traced: left(traced) and right(traced)
