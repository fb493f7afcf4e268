"""Which records an event source mapping lets through: its patterns, and a payload that may be JSON or text. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.patterns.dialects import LAMBDA
from lambent.patterns.pattern import Pattern


class Filters:
    """The filters of a mapping; `data_key` is the field that holds a record's payload as text."""

    def __init__(self, patterns: list[str], data_key: str) -> None:
        """No patterns let everything through. Raises BadPattern."""
        self._patterns = [Pattern(text, LAMBDA) for text in patterns]
        self._key = data_key

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def passes(self, record: Mapping[str, Any]) -> bool:
        """Whether one of the filters lets the record through.

        A pattern for JSON drops text that is none, and a pattern for text drops JSON, whatever it says.
        """
        if not self._patterns:
            return True
        data = record.get(self._key)
        decoded = _decoded(data)
        shown = {**record, self._key: decoded} if self._key in record else record
        is_json = isinstance(decoded, dict | list)
        return any(
            self._fits(pattern.fields.get(self._key), is_json) and pattern.matches(shown) for pattern in self._patterns
        )

    @staticmethod
    def _fits(wanted: Any, is_json: bool) -> bool:
        return wanted is None or isinstance(wanted, dict) is is_json


def _decoded(data: Any) -> Any:
    """A payload that is a JSON object or array, as such; any other as it is."""
    if not isinstance(data, str):
        return data
    try:
        parsed = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return data
    return parsed if isinstance(parsed, dict | list) else data
