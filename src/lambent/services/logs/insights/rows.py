"""An event as a row of fields, discovered when one is asked for: JSON's, and those of Lambda's lines. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from lambent.observe.log_lines import Found
from lambent.services.logs.insights.values import Moment

_FIELDS = 1000
_DEPTH = 20
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PLATFORM = re.compile(rf"(START|END|REPORT) RequestId: ({_ID})|(INIT_START|INIT_REPORT|RESTORE_START|RESTORE_REPORT) ")
_REQUEST = re.compile(_ID)
_FIGURES = (
    ("@duration", re.compile(r"\tDuration: ([\d.]+) ms"), 1.0),
    ("@billedDuration", re.compile(r"\tBilled Duration: ([\d.]+) ms"), 1.0),
    ("@memorySize", re.compile(r"\tMemory Size: (\d+) MB"), 1e6),
    ("@maxMemoryUsed", re.compile(r"\tMax Memory Used: (\d+) MB"), 1e6),
    ("@initDuration", re.compile(r"\tInit Duration: ([\d.]+) ms"), 1.0),
)
_TRACE = re.compile(r"XRAY TraceId: (\S+)\tSegmentId: (\S+)")
_DECODER = json.JSONDecoder()


class Row(dict[str, Any]):
    """Fields by their names; what there is not is None."""

    def __init__(self, fields: dict[str, Any], *, of_function: bool) -> None:
        """`of_function`: the event is from the log group of a function, whose lines are known."""
        super().__init__(fields)
        self._of_function = of_function
        self._discovered = False

    def __missing__(self, name: str) -> Any:
        if not self._discovered:
            self._discovered = True
            message = self.get("@message")
            if isinstance(message, str):
                for found, value in self._fields(message):
                    self.setdefault(found, value)
        return self.get(name) if name in self else self._inside(name)

    def tree(self, name: str) -> Any:
        """The same; also a list of the event's JSON."""
        if (found := self[name]) is not None:
            return found
        message = self.get("@message")
        return _walk(_tree(message, anywhere=self._of_function), name) if isinstance(message, str) else None

    def with_field(self, name: str, value: Any) -> Row:
        """A row with one field more."""
        made = Row({**self, name: value}, of_function=self._of_function)
        made._discovered = self._discovered
        return made

    def _inside(self, name: str) -> Any:
        """`field.a.b` of a field that holds JSON."""
        at = name.rfind(".")
        while at > 0:
            if isinstance(self.get(name[:at]), (dict, list)):
                return _walk(self[name[:at]], name[at + 1 :])
            at = name.rfind(".", 0, at)
        return None

    def discover(self) -> None:
        """Find all fields."""
        self["@"]

    def _fields(self, message: str) -> Iterator[tuple[str, Any]]:
        if self._of_function:
            yield from _of_lambda(message, forged="@forged" in self)
        tree = _tree(message, anywhere=self._of_function)
        if tree is not None:
            for number, found in enumerate(_flat(tree, "", 0)):
                if number >= _FIELDS:
                    return
                yield found


def row(event: Found, *, group: str, account: str, pointer: str) -> Row:
    """An event's row. Of what a function forged in the form of the platform's lines no figure is taken: `@forged`."""
    marked = {"@forged": 1.0} if event.forged else {}
    return Row(
        {
            **marked,
            "@timestamp": Moment(event.timestamp_ms),
            "@message": event.message,
            "@logStream": event.stream,
            "@log": f"{account}:{group}",
            "@ingestionTime": Moment(event.ingested_ms),
            "@ptr": pointer,
        },
        of_function=group.startswith("/aws/lambda/"),
    )


def _of_lambda(message: str, *, forged: bool) -> Iterator[tuple[str, Any]]:
    match = None if forged else _PLATFORM.match(message)
    if match is None:
        if (request := _REQUEST.search(message, 0, 200)) is not None:
            yield "@requestId", request[0]
        return
    yield "@type", match[1] or match[3]
    if match[2]:
        yield "@requestId", match[2]
    for name, pattern, unit in _FIGURES:
        if figure := pattern.search(message):
            yield name, float(figure[1]) * unit
    if trace := _TRACE.search(message):
        yield "@xrayTraceId", trace[1]
        yield "@xraySegmentId", trace[2]


def _tree(message: str, *, anywhere: bool) -> Any:
    start = message.find("{")
    if start < 0 or (start and not anywhere and message[:start].strip()):
        return None
    try:
        if not start:
            return msgspec.json.decode(message)
        return _DECODER.raw_decode(message, start)[0]
    except (ValueError, RecursionError):
        return None


def _walk(tree: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(tree, dict):
            tree = tree.get(part)
        elif isinstance(tree, list) and part.isdecimal() and int(part) < len(tree):
            tree = tree[int(part)]
        else:
            return None
    return tree


def _flat(tree: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEPTH:
        return
    if isinstance(tree, dict):
        items: Any = tree.items()
    elif isinstance(tree, list):
        items = enumerate(tree)
    else:
        yield path, tree
        return
    for name, value in items:
        yield from _flat(value, f"{path}.{name}" if path else str(name), depth + 1)
