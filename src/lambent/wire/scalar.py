"""Scalars as text: timestamps in three formats, blobs in base64, numbers and booleans.

Readers raise WireError(SerializationException); writers take what services hand out. Timestamps are
aware datetimes in UTC when read; a datetime or epoch seconds when written.
"""

from __future__ import annotations

import base64
import binascii
import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from lambent.wire.request import WireError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPECIAL_FLOATS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_MILLION = 1_000_000


def malformed(message: str) -> WireError:
    """The error for a value that cannot be read."""
    return WireError("SerializationException", message)


def read_timestamp(value: Any, style: str | None) -> datetime:
    """A timestamp from a number of epoch seconds, from text in `style`, or as CBOR already read it.

    Text that is not in its style is tried in the others, as AWS does.
    """
    try:
        if isinstance(value, str):
            return _timestamp_from_text(value.strip(), style)
        if isinstance(value, datetime):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _timestamp_from_number(value)
    except (ValueError, OverflowError, TypeError):
        pass
    raise malformed(f"{_shown(value)} is not a valid timestamp")


def _timestamp_from_number(seconds: float) -> datetime:
    if isinstance(seconds, int):
        return EPOCH + timedelta(seconds=seconds)
    return EPOCH + timedelta(microseconds=round(seconds * _MILLION))


def _timestamp_from_text(text: str, style: str | None) -> datetime:
    if style == "rfc822" or text[:1].isalpha():
        found = parsedate_to_datetime(text)
    elif style == "unixTimestamp" or text.lstrip("-").replace(".", "", 1).isdecimal():
        # Eight bare digits are a calendar day only where the style says so.
        return _timestamp_from_number(float(text) if "." in text else int(text))
    else:
        found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _microseconds(value: Any) -> int:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        elapsed: timedelta = aware - EPOCH
        return elapsed // timedelta(microseconds=1)
    return round(float(value) * _MILLION) if isinstance(value, float) else int(value) * _MILLION


def write_timestamp(value: Any, style: str) -> str:
    """A datetime or epoch seconds as text: `iso8601`, `rfc822` or `unixTimestamp`."""
    moment = EPOCH + timedelta(microseconds=_microseconds(value))
    if style == "rfc822":
        return format_datetime(moment.replace(microsecond=0), usegmt=True)
    if style == "unixTimestamp":
        return str(timestamp_number(value))
    text = moment.strftime("%Y-%m-%dT%H:%M:%S") if moment.year >= 1000 else moment.isoformat()[:19]
    if not moment.microsecond:
        return text + "Z"
    return (
        f"{text}.{moment.microsecond // 1000:03d}Z"
        if moment.microsecond % 1000 == 0
        else (f"{text}.{moment.microsecond:06d}Z")
    )


def timestamp_number(value: Any) -> int | float:
    """A datetime or epoch seconds as a JSON number: whole if it is whole."""
    whole, part = divmod(_microseconds(value), _MILLION)
    return whole if part == 0 else (whole * _MILLION + part) / _MILLION


def read_blob(text: str) -> bytes:
    """Bytes from base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise malformed("Invalid base64 data") from None


def write_blob(value: Any) -> str:
    """Bytes (or text, as UTF-8) in base64."""
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode("ascii")


def read_number(text: str, kind: str) -> int | float:
    """A number from text: `kind` is integer, long, float or double."""
    text = text.strip()
    try:
        if kind in ("integer", "long"):
            whole = int(text)
            if not in_range(whole):
                raise ValueError(text)
            return whole
        return _SPECIAL_FLOATS[text] if text in _SPECIAL_FLOATS else float(text)
    except ValueError:
        raise malformed(f"{_shown(text)} can not be converted to {_ARTICLE[kind]}") from None


def in_range(number: int) -> bool:
    """AWS's whole numbers have 64 bits."""
    return -(1 << 63) <= number < 1 << 63


def read_boolean(text: str) -> bool:
    """A boolean from text, in any case."""
    match text.strip().lower():
        case "true" | "1":
            return True
        case "false" | "0":
            return False
    raise malformed(f"{_shown(text)} can not be converted to a Boolean")


def write_float(value: float) -> str:
    """A number as text, with AWS's names for those that are none."""
    return str(special) if isinstance(special := float_or_name(value), str) else repr(value)


def float_or_name(value: float) -> float | str:
    """A float as JSON can carry it: AWS writes NaN and the infinities as text."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def read_text(kind: str, text: str, style: str | None) -> Any:
    """The scalar of type `kind` that `text` spells; timestamps in `style`."""
    match kind:
        case "string" | "character":
            return text
        case "integer" | "long" | "float" | "double":
            return read_number(text, kind)
        case "boolean":
            return read_boolean(text)
        case "timestamp":
            return read_timestamp(text, style)
        case "blob":
            return read_blob(text)
    raise malformed(f"Unexpected text where {_ARTICLE.get(kind, kind)} belongs")


def write_text(kind: str, value: Any, style: str) -> str:
    """The scalar `value` of type `kind` as text; timestamps in `style`."""
    match kind:
        case "boolean":
            return "true" if value else "false"
        case "timestamp":
            return write_timestamp(value, style)
        case "blob":
            return write_blob(value)
        case "float" | "double":
            return write_float(value)
    return str(value)


_ARTICLE = {
    "integer": "an Integer",
    "long": "a Long",
    "float": "a Float",
    "double": "a Double",
    "structure": "a structure",
    "list": "a list",
    "map": "a map",
}


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 64 else text[:64] + "…"
