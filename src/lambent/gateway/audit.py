"""What the audit trail says of a call: CloudTrail's record, without secrets. Pure.

Every management call is told, and every call that was denied; invocations and the like are not (CloudTrail calls them
data events).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from lambent.context import Principal
from lambent.model.errors import ApiError
from lambent.wire.model import ServiceModel
from lambent.wire.shape import Shape

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_VERSION = "1.11"
_DATED = re.compile(r"/(\d{4})-(\d{2})-(\d{2})/")
_SECOND = frozenset(
    {
        "GetFunction",
        "GetFunctionConfiguration",
        "UpdateFunctionCode",
        "UpdateFunctionConfiguration",
        "AddPermission",
        "RemovePermission",
        "GetPolicy",
    }
)
_DATA_EVENTS: Mapping[str, frozenset[str]] = {
    "lambda": frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream", "CheckpointDurableExecution"}),
    "sqs": frozenset(f"{verb}Message{batch}" for verb in ("Send", "Receive", "Delete") for batch in ("", "Batch")),
    "sns": frozenset({"Publish", "PublishBatch"}),
    "events": frozenset({"PutEvents"}),
    "logs": frozenset({"PutLogEvents"}),
    "cloudwatch": frozenset({"PutMetricData"}),
    "xray": frozenset({"PutTraceSegments", "PutTelemetryRecords"}),
}
_READS = ("Get", "List", "Describe", "Head", "Lookup", "BatchGet", "Simulate")
_SECRET = re.compile(r"secret|password|token|plaintext|ciphertextblob|privatekey", re.IGNORECASE)
_SHOWN_CHARACTERS = 2048


class Facts(msgspec.Struct, frozen=True):
    """What is known of a call when it ends; what was never found out is empty or None."""

    request_id: str
    event_id: str
    now: float
    service: str
    operation: str
    region: str
    account: str
    principal: Principal | None
    address: str
    agent: str
    decision: Mapping[str, Any] | None = None


def is_told(service: str, operation: str, *, denied: bool) -> bool:
    """Whether the trail tells of a call."""
    return denied or operation not in _DATA_EVENTS.get(service, ())


def record(
    facts: Facts,
    model: ServiceModel | None,
    params: Mapping[str, Any],
    result: Mapping[str, Any],
    error: ApiError | None,
) -> dict[str, Any]:
    """The event as it is kept."""
    operation = None if model is None else model.operations.get(facts.operation)
    read_only = facts.operation.startswith(_READS)
    event: dict[str, Any] = {
        "eventVersion": _VERSION,
        "userIdentity": _identity(facts.principal),
        "eventTime": _time(int(facts.now)),
        "eventSource": f"{facts.service or 'unknown'}.amazonaws.com",
        "eventName": _name(facts.operation, None if operation is None else operation.uri),
        "awsRegion": facts.region,
        "sourceIPAddress": facts.address,
        "userAgent": facts.agent,
        "requestParameters": None,
        "responseElements": None,
        "requestID": facts.request_id,
        "eventID": facts.event_id,
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": facts.account,
        "eventCategory": "Management",
    }
    if operation is not None and operation.input is not None and params:
        event["requestParameters"] = _shown(operation.input, params, "")
    if error is not None:
        event |= {"errorCode": error.code, "errorMessage": error.message}
    elif operation is not None and operation.output is not None and result and not read_only:
        event["responseElements"] = _shown(operation.output, result, "")
    if facts.decision is not None:
        event["additionalEventData"] = {"decision": facts.decision}
    return event


@lru_cache(maxsize=16)
def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4096)
def _name(operation: str, uri: str | None) -> str:
    """CloudTrail calls operations of Lambda by their dates, too (`CreateFunction20150331`)."""
    dated = _DATED.match(uri or "")
    if dated is None:
        return operation
    return operation + "".join(dated.groups()) + ("v2" if operation in _SECOND else "")


# Members of models, of which there are so many: a lookup costs a tenth of the search.
@lru_cache(maxsize=4096)
def _names_a_secret(name: str) -> bool:
    return _SECRET.search(name) is not None


@lru_cache(maxsize=4096)
def _lowered(name: str) -> str:
    return name[:1].lower() + name[1:]


def _identity(principal: Principal | None) -> dict[str, Any]:
    if principal is None:
        return {"type": "Unknown"}
    if principal.service is not None:
        return {"type": "AWSService", "invokedBy": principal.service}
    kind = "Root" if principal.is_root else "AssumedRole" if principal.role else "IAMUser"
    shown: dict[str, Any] = {
        "type": kind,
        "arn": principal.arn,
        "accountId": principal.account,
        "accessKeyId": principal.access_key_id,
    }
    if principal.user:
        shown["userName"] = principal.user
    if principal.session is not None:
        issued = datetime.fromtimestamp(principal.session.issued, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        shown["sessionContext"] = {"attributes": {"creationDate": issued, "mfaAuthenticated": "false"}}
        if principal.role:
            issuer = {"type": "Role", "accountId": principal.account, "userName": principal.role}
            shown["sessionContext"]["sessionIssuer"] = issuer
    return shown


def _shown(shape: Shape, value: Any, name: str) -> Any:
    """A value without what must not be read in a trail: secrets, and bytes."""
    if shape.traits.sensitive or _names_a_secret(name):
        return HIDDEN
    match value:
        case str() if len(value) <= _SHOWN_CHARACTERS:
            return value
        case dict() if shape.type == "structure":
            members = shape.members
            return {_lowered(key): _shown(members[key], each, key) for key, each in value.items() if key in members}
        case bytes() | bytearray() | memoryview():
            return HIDDEN
        case dict():
            return {str(key): _shown(shape.value, each, name) for key, each in value.items()}
        case list() | tuple():
            return [_shown(shape.member, each, name) for each in value]
        case str():
            return value[:_SHOWN_CHARACTERS] + "..."
        case str() | int() | float() | bool() | None:
            return value
        case _:
            return str(value)
