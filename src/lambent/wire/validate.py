"""The model's constraints, checked and told in AWS's words.

Texts only: what code and status they travel under is the caller's business. What the model does not
say (a role that cannot be assumed, a name that is taken) is the services'.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from lambent.wire.model import Operation
from lambent.wire.pattern import compile_pattern
from lambent.wire.scalar import malformed
from lambent.wire.shape import Shape

_Check = Callable[[Any], bool]

_REMEMBERED = 256


def validate(operation: Operation, params: Mapping[str, Any]) -> list[str]:
    """Every constraint of the model that `params` break, in the model's order; empty when all hold.

    Each is AWS's sentence: `Value 'x' at 'functionName' failed to satisfy constraint: Member must …`.
    Raises WireError for values nested beyond all reason.
    """
    failures: list[str] = []
    if operation.input is not None:
        try:
            _structure(operation.input, params, "", failures)
        except RecursionError:
            raise malformed("The request is nested too deeply") from None
    return failures


def validation_message(failures: list[str]) -> str:
    """The text of AWS's ValidationException for these failures."""
    plural = "" if len(failures) == 1 else "s"
    return f"{len(failures)} validation error{plural} detected: {'; '.join(failures)}"


def _structure(shape: Shape, value: Mapping[str, Any], path: str, failures: list[str]) -> None:
    for name in _required(shape):
        if value.get(name) is None:
            failures.append(
                f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
            )
    members = _checked(shape)
    for name, item in value.items():
        if item is not None and (found := members.get(name)) is not None:
            member, shown = found
            if not isinstance(item, str) or not _holds(member, item):
                _value(member, item, f"{path}.{shown}" if path else shown, failures)


def _value(shape: Shape, value: Any, path: str, failures: list[str]) -> None:
    for words, holds in _constraints(shape):
        if not holds(value):
            failures.append(_sentence(shape, value, path, words))
    match shape.type:
        case "structure" if not shape.document:
            _structure(shape, value, path, failures)
        case "list":
            member = shape.member
            if _nested(member):
                for index, item in enumerate(value, 1):
                    if item is not None:
                        _value(member, item, f"{path}.{index}.member", failures)
            elif broken := _broken(member, value):
                failures.append(_sentence(shape, value, path, f"Member must satisfy constraint: {broken}"))
        case "map":
            if broken := _broken(shape.key, value):
                failures.append(_sentence(shape, value, path, f"Map keys must satisfy constraint: {broken}"))
            if _nested(shape.value):
                for key, item in value.items():
                    if item is not None:
                        _value(shape.value, item, f"{path}.{key}.member", failures)
            elif broken := _broken(shape.value, value.values()):
                failures.append(_sentence(shape, value, path, f"Map value must satisfy constraint: {broken}"))


def _broken(shape: Shape, items: Any) -> str | None:
    """All constraints of a simple member, listed, when any item breaks any of them."""
    if all(item is None or _holds(shape, item) for item in items):
        return None
    return f"[{', '.join(words for words, _ in _constraints(shape))}]"


def _holds(shape: Shape, value: Any) -> bool:
    """Whether a simple value breaks none of its constraints."""
    plain = isinstance(value, str) and len(value) <= _REMEMBERED and not shape.traits.sensitive
    return (_all_hold if plain else _all_hold.__wrapped__)(shape, value)


@lru_cache(maxsize=4096)
def _all_hold(shape: Shape, value: Any) -> bool:
    """Remembered, because the same names come again and again, and AWS's patterns take a while."""
    return all(holds(value) for _, holds in _constraints(shape))


def _nested(shape: Shape) -> bool:
    return shape.type in ("structure", "list", "map")


@cache
def _required(shape: Shape) -> tuple[str, ...]:
    return tuple(shape.traits.required or ())


@cache
def _checked(shape: Shape) -> dict[str, tuple[Shape, str]]:
    """The members in which something can fail, by name, with the names that AWS shows."""
    return {name: (member, _join("", name)) for name, member in shape.members.items() if _matters(member)}


@cache
def _constraints(shape: Shape) -> tuple[tuple[str, _Check], ...]:
    """The constraints of one shape: AWS's words and the test."""
    traits = shape.traits
    found: list[tuple[str, _Check]] = []
    if shape.type in ("integer", "long", "float", "double"):
        if (most := traits.max) is not None:
            found.append((f"Member must have value less than or equal to {_figure(most)}", lambda v: v <= most))
        if (least := traits.min) is not None:
            found.append((f"Member must have value greater than or equal to {_figure(least)}", lambda v: v >= least))
    elif shape.type in ("string", "list", "map", "blob"):
        if (longest := traits.max) is not None:
            found.append(
                (f"Member must have length less than or equal to {_figure(longest)}", lambda v: len(v) <= longest)
            )
        if (shortest := traits.min) is not None:
            words = f"Member must have length greater than or equal to {_figure(shortest)}"
            found.append((words, lambda v: len(v) >= shortest))
    if traits.pattern is not None and shape.type == "string" and (matches := compile_pattern(traits.pattern)):
        found.append((f"Member must satisfy regular expression pattern: {traits.pattern}", _full(matches)))
    if traits.enum and shape.type == "string":
        allowed = frozenset(traits.enum)
        found.append((f"Member must satisfy enum value set: [{', '.join(traits.enum)}]", allowed.__contains__))
    return tuple(found)


def _full(pattern: re.Pattern[str]) -> _Check:
    return lambda value: pattern.fullmatch(value) is not None


@cache
def _matters(shape: Shape) -> bool:
    """False when nothing at or below the shape can fail, so that it need not be walked."""
    return _any_constraint(shape, set())


def _any_constraint(shape: Shape, seen: set[str]) -> bool:
    if shape.name in seen:
        return False
    seen.add(shape.name)
    if _constraints(shape) or (_required(shape) and not shape.document):
        return True
    match shape.type:
        case "structure":
            return any(_any_constraint(member, seen) for member in shape.members.values())
        case "list":
            return _any_constraint(shape.member, seen)
        case "map":
            return _any_constraint(shape.key, seen) or _any_constraint(shape.value, seen)
    return False


def _join(path: str, name: str) -> str:
    """AWS names members in lower camel case, whatever the model's casing."""
    name = name[:1].lower() + name[1:]
    return f"{path}.{name}" if path else name


def _sentence(shape: Shape, value: Any, path: str, words: str) -> str:
    shown = "" if shape.traits.sensitive else f" '{_shown(shape, value)}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: {words}"


def _shown(shape: Shape, value: Any) -> str:
    """A value as AWS prints it (that is, as Java does)."""
    if shape.traits.sensitive:
        return "*** Sensitive Data Redacted ***"
    match value:
        case bytes():
            return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(_shown(shape.member, item) for item in value)}]"
        case dict() if shape.type == "map":
            return f"{{{', '.join(f'{key}={_shown(shape.value, item)}' for key, item in value.items())}}}"
        case dict():
            inner = ", ".join(f"{n}={_shown(shape.members[n], v)}" for n, v in value.items() if n in shape.members)
            return f"{shape.name}({inner})"
    return str(value)


def _figure(number: int | float) -> str:
    return str(int(number)) if number == int(number) else str(number)
