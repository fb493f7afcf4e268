"""Regular expressions of the models: Java's dialect, made into Python's.

A pattern that cannot be translated gives None and is not enforced; a test counts those.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_PROPERTY = re.compile(r"[pP](?:\{(?:Is|is)?(\w+)\}|([A-Z]))")
_POSIX = {
    "Alnum": "a-zA-Z0-9",
    "Alpha": "a-zA-Z",
    "ASCII": r"\x00-\x7f",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "Digit": "0-9",
    "Graph": "!-~",
    "Lower": "a-z",
    "Print": " -~",
    "Punct": r"!-/:-@\[-`{-~",
    "Space": r"\s",
    "Upper": "A-Z",
    "XDigit": "0-9a-fA-F",
    "all": r"\x00-\U0010ffff",
}
_NAMED = {"Alphabetic": "L", "Letter": "L", "Number": "N", "Uppercase": "Lu", "Lowercase": "Ll", "Whitespace": "Z"}
_PAIR = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
# Patterns of the models that a backtracking matcher cannot bear, and the same languages told without ambiguity.
_REWRITTEN = {
    r"^[a-z0-9*](?:[._\-/a-z0-9*]?[a-z0-9*]+)*$": r"[a-z0-9*]+(?:[._\-/][a-z0-9*]+)*",
    r"^[ \t]*[\x20-\x7E]+([ \t]+[\x20-\x7E]+)*[ \t]*$": r"\t*[\x20-\x7E][\t\x20-\x7E]*",
    r"^[ \t]*[^\x00-\x1F:\x7F]+([ \t]+[^\x00-\x1F:\x7F]+)*[ \t]*$": (
        r"\t*[^\x00-\x1F:\x7F][^\x00-\x08\x0A-\x1F:\x7F]*"
    ),
    r"[ \t]*[\x20-\x7E]+([ \t]+[\x20-\x7E]+)*[ \t]*|(\$(\.[\w/_-]+(\[(\d+|\*)\])*)*)": (
        r"\t*[\x20-\x7E][\t\x20-\x7E]*"
    ),
}
# Planes that hold assigned characters; the rest is unassigned or private.
_PLANES = (range(0x32000), range(0xE0000, 0xE01F0))


@cache
def compile_pattern(source: str) -> re.Pattern[str] | None:
    """The pattern, to be used with `fullmatch`; None if it means nothing to Python."""
    try:
        return re.compile(_translate(_REWRITTEN.get(source, source)), re.ASCII)
    except re.error:
        return None


def _translate(source: str) -> str:
    source = _PAIR.sub(_joined_pair, source)
    out: list[str] = []
    at, in_class, class_start = 0, False, -1
    while at < len(source):
        char = source[at]
        if char == "\\" and at + 1 < len(source):
            letter = source[at + 1]
            text, at = _escape(source, at + 1, in_class)
            out.append(text)
            if in_class and letter in "wWsSdDpP" and source[at : at + 1] == "-":
                # After a set a hyphen begins no range; Python asks for it to be said.
                out.append("\\-")
                at += 1
            continue
        if in_class:
            # Python warns of a bracket or a doubled operator in a class: say plainly that they are characters.
            if char == "[" or (char in "&~|-" and source[at + 1 : at + 2] == char):
                out.append("\\")
            elif char == "]" and at > class_start + 1:
                in_class = False
        elif char == "[":
            in_class = True
            class_start = at + 1 if source[at + 1 : at + 2] == "^" else at
        out.append(char)
        at += 1
    return "".join(out)


def _joined_pair(found: re.Match[str]) -> str:
    """Java spells a character outside the first plane as two escapes."""
    high, low = (int(half, 16) for half in found.groups())
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def _escape(source: str, at: int, in_class: bool) -> tuple[str, int]:
    """The translation of the escape whose letter is at `at`, and where it ends."""
    found = _PROPERTY.match(source, at)
    if found is not None:
        name, negated = found.group(1) or found.group(2), source[at] == "P"
        if in_class:
            return (_ranges(_NAMED.get(name, name), outside=True) if negated else _content(name)), found.end()
        return f"[{'^' if negated else ''}{_content(name)}]", found.end()
    letter = source[at]
    if letter == "x" and source[at + 1 : at + 2] == "{":
        end = source.index("}", at)
        return re.escape(chr(int(source[at + 2 : end], 16))), end + 1
    if letter == "h":
        return (r" \t\xa0" if in_class else r"[ \t\xa0]"), at + 1
    if letter in "zZ":
        return r"\Z", at + 1
    if letter.isalpha() and letter not in "AbBdDsSwWtnrfvxuU":
        return letter, at + 1
    return "\\" + letter, at + 1


def _content(name: str) -> str:
    """The inside of a character class for a Unicode category or POSIX class."""
    return _POSIX[name] if name in _POSIX else _ranges(_NAMED.get(name, name))


@cache
def _ranges(category: str, outside: bool = False) -> str:
    """The code points of a category, or those outside it, as the inside of a class."""
    if category not in _categories():
        raise re.error(f"unknown character property {category}")
    ranges = _categories()[category]
    if outside:
        edges = [_PLANES[0].start - 1, *(edge for pair in ranges for edge in pair), _PLANES[-1].stop]
        ranges = [(low + 1, high - 1) for low, high in zip(edges[::2], edges[1::2], strict=True) if high - low > 1]
    return "".join(_range(first, last) for first, last in ranges)


def _range(first: int, last: int) -> str:
    return f"\\U{first:08x}" if first == last else f"\\U{first:08x}-\\U{last:08x}"


@cache
def _categories() -> dict[str, list[tuple[int, int]]]:
    """Ranges of code points by category, one-letter and two-letter names."""
    found: dict[str, list[tuple[int, int]]] = {}
    for plane in _PLANES:
        for point in plane:
            category = unicodedata.category(chr(point))
            for name in (category, category[0]):
                ranges = found.setdefault(name, [])
                if ranges and ranges[-1][1] == point - 1:
                    ranges[-1] = (ranges[-1][0], point)
                else:
                    ranges.append((point, point))
    return found
