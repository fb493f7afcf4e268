"""The functions of queries about one event. Pure."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.values import Moment, equal, number, order, text, true

Function = Callable[..., Any]


def _numeric(work: Callable[..., float]) -> Function:
    """Nothing where an argument is no number, or the result none."""

    def function(*arguments: Any) -> float | None:
        numbers = [number(each) for each in arguments]
        if any(each is None for each in numbers):
            return None
        try:
            return float(work(*numbers))
        except (ValueError, OverflowError, ZeroDivisionError):
            return None

    return function


def _textual(work: Callable[..., Any]) -> Function:
    """Nothing where the first argument is nothing."""

    def function(first: Any, *rest: Any) -> Any:
        found = text(first)
        return None if found is None else work(found, *rest)

    return function


def _substr(value: str, start: Any, length: Any = None) -> str:
    begin = int(number(start) or 0)
    return value[begin:] if length is None else value[begin : begin + int(number(length) or 0)]


def _floor(value: Any, step: Any) -> Any:
    at, every = number(value), number(step)
    return None if at is None or not every else Moment(at // every * every)


def _ceil(value: Any, step: Any) -> Any:
    at, every = number(value), number(step)
    return None if at is None or not every else Moment(-(-at // every) * every)


def _moment(value: Any) -> Any:
    found = number(value)
    return None if found is None else Moment(found)


def _parse(value: str) -> Any:
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return None


def _case(*arguments: Any) -> Any:
    for condition, value in zip(arguments[::2], arguments[1::2], strict=False):
        if true(condition):
            return value
    return arguments[-1] if len(arguments) % 2 else None


def _address(value: Any, version: int | None) -> Any:
    try:
        found = ipaddress.ip_address(text(value) or "")
    except ValueError:
        return None
    return found if version in (None, found.version) else None


def _within(version: int | None) -> Function:
    def function(value: Any, subnet: Any) -> bool:
        found = _address(value, version)
        try:
            return found is not None and found in ipaddress.ip_network(text(subnet) or "", strict=False)
        except ValueError:
            return False

    return function


def _valid(version: int | None) -> Function:
    return lambda value: _address(value, version) is not None


def _extreme(choose: Callable[..., Any]) -> Function:
    def function(*arguments: Any) -> Any:
        return choose((each for each in arguments if each is not None), key=order, default=None)

    return function


def _strip(value: str, characters: Any = None) -> str:
    return value.strip(text(characters))


FUNCTIONS: Mapping[str, tuple[int, int, Function]] = {
    "abs": (1, 1, _numeric(abs)),
    "ceil": (1, 1, _numeric(math.ceil)),
    "floor": (1, 1, _numeric(math.floor)),
    "greatest": (1, 100, _extreme(max)),
    "least": (1, 100, _extreme(min)),
    "log": (1, 1, _numeric(math.log)),
    "sqrt": (1, 1, _numeric(math.sqrt)),
    "ispresent": (1, 1, lambda value: value is not None),
    "coalesce": (1, 100, lambda *values: next((each for each in values if each is not None), None)),
    "isempty": (1, 1, lambda value: value is None or value == ""),
    "isblank": (1, 1, lambda value: value is None or not str(value).strip()),
    "concat": (1, 100, lambda *values: "".join(text(each) or "" for each in values)),
    "ltrim": (1, 2, _textual(lambda value, what=None: value.lstrip(text(what)))),
    "rtrim": (1, 2, _textual(lambda value, what=None: value.rstrip(text(what)))),
    "trim": (1, 2, _textual(_strip)),
    "strlen": (1, 1, _textual(lambda value: float(len(value)))),
    "toupper": (1, 1, _textual(str.upper)),
    "tolower": (1, 1, _textual(str.lower)),
    "substr": (2, 3, _textual(_substr)),
    "replace": (3, 3, _textual(lambda value, old, new: value.replace(text(old) or "", text(new) or ""))),
    "strcontains": (2, 2, _textual(lambda value, part: (text(part) or "") in value)),
    "datefloor": (2, 2, _floor),
    "dateceil": (2, 2, _ceil),
    "frommillis": (1, 1, _moment),
    "tomillis": (1, 1, _numeric(float)),
    "jsonparse": (1, 1, _textual(_parse)),
    "jsonstringify": (1, 1, lambda value: None if value is None else msgspec.json.encode(value).decode()),
    "if": (2, 3, lambda condition, value, other=None: value if true(condition) else other),
    "case": (2, 100, _case),
    "isvalidip": (1, 1, _valid(None)),
    "isvalidipv4": (1, 1, _valid(4)),
    "isvalidipv6": (1, 1, _valid(6)),
    "isipinsubnet": (2, 2, _within(None)),
    "isipv4insubnet": (2, 2, _within(4)),
    "isipv6insubnet": (2, 2, _within(6)),
}
"""By their names in small letters: how many arguments they take at least and at most, and what they do."""


def function(name: str, count: int) -> Function:
    """A function for so many arguments. Raises Malformed."""
    found = FUNCTIONS.get(name.lower())
    if found is None:
        raise Malformed(f"there is no function {name}")
    least, most, work = found
    if not least <= count <= most:
        raise Malformed(f"{name} does not take {count} arguments")
    return work


def member(value: Any, among: list[Any]) -> bool:
    """Whether a value is one of some."""
    return any(equal(value, each) for each in among)
