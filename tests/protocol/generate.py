"""Values for any shape, the same for the same seed. Made from botocore's reading of the models, not from ours."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.model import Shape

_EPOCH = datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
_TEXTS = (
    "plain",
    "two words",
    "a&b<c>\"d'",
    "50% + 1/2 = ?;:@",
    "Grüße, 世界 🚀",
    "tab\tand\nline",
    "arn:aws:iam::1:role/x,y",
)
_DEEPEST = 7


class Generator:
    """Values for shapes. `share` of the optional members are filled in; timestamps have microseconds
    only if `fractions`."""

    def __init__(self, seed: int, *, share: float = 1.0, fractions: bool = False) -> None:
        self._random = random.Random(seed)
        self._share = share
        self._fractions = fractions

    def value(self, shape: Shape, depth: int = 0, parents: tuple[str, ...] = ()) -> Any:
        """A value of any shape."""
        match shape.type_name:
            case "structure":
                return self._structure(shape, depth, parents)
            case "list":
                return self._list(shape, depth, parents)
            case "map":
                return self._map(shape, depth, parents)
            case "string" | "character":
                return self._string(shape)
            case "blob":
                return self._random.randbytes(self._random.randrange(1, 9))
            case "timestamp":
                return self._timestamp(shape)
            case "boolean":
                return self._random.random() < 0.5
            case "integer" | "long":
                return 200 if shape.serialization.get("location") == "statusCode" else self._random.randrange(-5, 99999)
            case "float" | "double":
                return self._random.randrange(-4000, 4000) / 8
        raise AssertionError(shape.type_name)

    def _structure(self, shape: Shape, depth: int, parents: tuple[str, ...]) -> Any:
        if shape.is_document_type:
            return {"a": [1, 2.5, None, True], "b": {"c": "ü"}}
        if shape.serialization.get("eventstream"):
            return [{name: self.value(event, depth + 1)} for name, event in self._events(shape)]
        names = list(shape.members)
        if shape.is_tagged_union:
            simple = [n for n in names if shape.members[n].type_name not in ("structure", "list", "map")]
            return self._filled(shape, [self._random.choice(simple or names)], depth, parents)
        required = set(shape.required_members)
        # A response always has a status, and a stream, however empty.
        required |= {n for n, m in shape.members.items() if m.serialization.get("location") == "statusCode"}
        required |= {n for n, m in shape.members.items() if m.serialization.get("eventpayload")}
        required |= {shape.event_stream_name} if shape.event_stream_name else set()
        chosen = [n for n in names if n in required or self._random.random() < self._share]
        # The length of the body is HTTP's to say, not the caller's.
        chosen = [n for n in chosen if shape.members[n].serialization.get("name") != "Content-Length"]
        return self._filled(shape, chosen, depth, parents)

    @staticmethod
    def _events(shape: Shape) -> list[tuple[str, Shape]]:
        return [(name, event) for name, event in shape.members.items() if not event.metadata.get("exception")]

    def _filled(self, shape: Shape, names: list[str], depth: int, parents: tuple[str, ...]) -> dict[str, Any]:
        inside = (*parents, shape.name)
        value = {}
        for name in names:
            member = shape.members[name]
            nested = member.type_name in ("structure", "list", "map")
            required = name in shape.required_members or shape.is_tagged_union
            too_deep = depth >= _DEEPEST and not required
            if nested and ((member.name in inside and depth > 2) or too_deep):
                continue
            value[name] = self.value(member, depth + 1, inside)
        return value

    def _map(self, shape: Shape, depth: int, parents: tuple[str, ...]) -> dict[str, Any]:
        keys = [f"{self._plain('key')}{index}" for index in range(2 if depth < 3 else 1)]
        if shape.serialization.get("location") == "headers":
            return {key: self._plain("h") for key in keys}
        return {key: self.value(shape.value, depth + 1, (*parents, shape.name)) for key in keys}

    def _list(self, shape: Shape, depth: int, parents: tuple[str, ...]) -> list[Any]:
        if shape.member.name in parents and depth > 2:
            return [self.value(shape.member, _DEEPEST, parents)] if depth < _DEEPEST + 2 else []
        if shape.serialization.get("location") == "header":
            return [self._plain("item"), "x"] if shape.member.type_name == "string" else [self.value(shape.member)]
        count = 2 if depth < 3 else 1
        return [self.value(shape.member, depth + 1, (*parents, shape.name)) for _ in range(count)]

    def _string(self, shape: Shape) -> Any:
        place = shape.serialization
        if place.get("jsonvalue") and place.get("location") == "header":
            return {"k": ["v", 1]}
        if shape.metadata.get("enum"):
            return self._random.choice(shape.metadata["enum"])
        if place.get("location") in ("header", "headers") or place.get("hostLabel"):
            return self._plain("h")
        if place.get("location") == "uri" or place.get("xmlAttribute"):
            return self._random.choice(("name", "with space", "a/b:c", "ü+%", "$LATEST"))
        return self._random.choice(_TEXTS)

    def _timestamp(self, shape: Shape) -> datetime:
        moment = _EPOCH + timedelta(seconds=self._random.randrange(800_000_000))
        in_header = shape.serialization.get("location") == "header"
        if self._fractions and not in_header and shape.serialization.get("timestampFormat") != "rfc822":
            moment += timedelta(microseconds=self._random.choice((0, 250_000, 123_456)))
        return moment

    def _plain(self, prefix: str) -> str:
        return f"{prefix}-{self._random.randrange(10_000)}"
