"""The server's own log, on standard error: text for people, or one JSON object a line for machines."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import msgspec

_TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class JsonLines(logging.Formatter):
    """`{"time", "level", "logger", "message"}`, with `exception` where there is one; the time in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told = {"time": at, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode({name: _whole(text) for name, text in told.items()}).decode()


def begin(form: str) -> None:
    """Log as `text` or `json` from now on, unless somebody has set up logging before."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _whole(text: str) -> str:
    """Without what JSON cannot hold: half of a character."""
    return text.encode(errors="replace").decode()
