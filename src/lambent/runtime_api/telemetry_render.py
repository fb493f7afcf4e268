"""What a subscriber of each schema sees of an event, and a text log's words for some. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from lambent.runtime_api.telemetry_records import Category, Event, timestamp

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Schema(StrEnum):
    """The versions that a subscriber may ask for."""

    LOGS_2020_08_15 = "2020-08-15"
    LOGS_2021_03_18 = "2021-03-18"
    TELEMETRY_2022_07_01 = "2022-07-01"
    TELEMETRY_2022_12_13 = "2022-12-13"
    TELEMETRY_2025_01_29 = "2025-01-29"

    @property
    def is_logs(self) -> bool:
        """True for those of the Logs API."""
        return self in (Schema.LOGS_2020_08_15, Schema.LOGS_2021_03_18)


_NOTHING: frozenset[str] = frozenset()
_OBJECTS = (Schema.TELEMETRY_2022_12_13, Schema.TELEMETRY_2025_01_29)
_ONLY_LOGS = dict.fromkeys(("platform.end", "platform.fault", "platform.logsSubscription"))
_ONLY_TELEMETRY = dict.fromkeys(
    (
        "platform.initStart",
        "platform.initRuntimeDone",
        "platform.initReport",
        "platform.restoreStart",
        "platform.restoreRuntimeDone",
        "platform.restoreReport",
        "platform.telemetrySubscription",
    )
)
_INSTANCE = frozenset({"functionName", "functionVersion", "instanceId", "instanceMaxMemory"})
_NOT_IN_LOGS: Mapping[str, frozenset[str] | None] = {
    **_ONLY_TELEMETRY,
    "platform.start": frozenset({"functionArn", "tenantId", "tracing"}),
    "platform.runtimeDone": frozenset({"errorType", "tenantId", "metrics", "spans", "tracing"}),
    "platform.report": frozenset({"status", "errorType", "tenantId", "spans", "tracing"}),
}
_HIDDEN: Mapping[Schema, Mapping[str, frozenset[str] | None]] = {
    Schema.LOGS_2020_08_15: {**_NOT_IN_LOGS, "platform.runtimeDone": None},
    Schema.LOGS_2021_03_18: _NOT_IN_LOGS,
    Schema.TELEMETRY_2022_07_01: {
        **_ONLY_LOGS,
        "platform.initStart": _INSTANCE,
        "platform.restoreStart": _INSTANCE,
        "platform.initReport": frozenset({"status", "errorType"}),
        "platform.start": frozenset({"functionArn"}),
    },
    Schema.TELEMETRY_2022_12_13: {**_ONLY_LOGS, "platform.start": frozenset({"functionArn"})},
    Schema.TELEMETRY_2025_01_29: _ONLY_LOGS,
}
"""For each schema and type the fields that it does not have, or None if it does not have the type at all."""


def render(event: Event, schema: Schema, at: float, *, json_logs: bool) -> bytes | None:
    """The event as JSON; None if the schema does not have it.

    `at` is epoch seconds. `json_logs`: the function's log format is JSON, so that a line which is an object is shown as
    one where the schema allows it.
    """
    record: object = event.record
    if event.category is Category.PLATFORM:
        hidden = _HIDDEN[schema].get(event.type, _NOTHING)
        if hidden is None:
            return None
        if hidden and not isinstance(event.record, str):
            record = {name: value for name, value in event.record.items() if name not in hidden}
    elif json_logs and schema in _OBJECTS and isinstance(event.record, str):
        record = _as_object(event.record)
    return _encode({"time": timestamp(at), "type": event.type, "record": record})


def text_line(event: Event) -> str | None:
    """The line of a log in the text format; None for events that have none, or one that is worded elsewhere."""
    record = event.record
    if isinstance(record, str):
        return None
    match event.type:
        case "platform.extension":
            text = (
                f"EXTENSION\tName: {record['name']}\tState: {record['state']}\tEvents: [{','.join(record['events'])}]"
            )
            return f"{text}\tError Type: {record['errorType']}" if "errorType" in record else text
        case "platform.telemetrySubscription":
            return f"TELEMETRY\tName: {record['name']}\tState: Subscribed\tTypes: [{', '.join(record['types'])}]"
        case "platform.logsSubscription":
            return f"LOGS\tName: {record['name']}\tState: Subscribed\tTypes: [{','.join(record['types'])}]"
    return None


def _as_object(text: str) -> object:
    """The line itself where it is no JSON object."""
    if not text.startswith("{"):
        return text
    try:
        decoded = _decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return text
    # As it was written, but on one line: the TCP protocol ends a record with a line break.
    return msgspec.Raw(text.replace("\n", " ").encode()) if isinstance(decoded, dict) else text
