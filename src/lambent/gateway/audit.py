"""What the audit trail says of a call: CloudTrail's record, without secrets. Pure.

Every management call is told, and every call that was denied; invocations and the like are not (CloudTrail calls them
data events).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

import msgspec

from lambent.context import Principal
from lambent.wire.model import Operation
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
_SECRET = re.compile(r"secret|password|token|plaintext|ciphertextblob|privatekey|filtercriteria", re.IGNORECASE)
_SHOWN_CHARACTERS = 2048
_REMEMBERED = 512
"""Longer names of clients (and of regions, which stand in host names) are not remembered: strangers choose them."""


class Event(msgspec.Struct, frozen=True):
    """What is known of a call when it ends; what was never found out is empty or None.

    `params` and `result` are as the model types them, or JSON already (`spelled`); a call that only reads is told
    without its result. `error` has code and message of a refusal, `decision` says why access was denied.
    """

    request_id: str
    event_id: str
    now: float
    service: str
    operation: Operation | None
    region: str
    account: str
    principal: Principal | None
    address: str
    agent: str
    params: Mapping[str, Any] | msgspec.Raw = {}
    result: Mapping[str, Any] = {}
    error: tuple[str, str] | None = None
    decision: Mapping[str, Any] | None = None

    def line(self) -> bytes:
        """The record as it is kept: a line of JSON."""
        operation, params, error = self.operation, self.params, self.error
        varying: dict[str, Any] = {
            "userIdentity": _identity(self.principal),
            "eventTime": _time(int(self.now)),
            "requestID": self.request_id,
            "eventID": self.event_id,
            "requestParameters": params if isinstance(params, msgspec.Raw) else None,
            "responseElements": None,
        }
        if operation is not None:
            if params and operation.input is not None and not isinstance(params, msgspec.Raw):
                varying["requestParameters"] = _structure(operation.input, params)
            if self.result and operation.output is not None and error is None and changes(operation):
                varying["responseElements"] = _structure(operation.output, self.result)
        if error is not None:
            varying["errorCode"], varying["errorMessage"] = error
        if self.decision is not None:
            varying["additionalEventData"] = {"decision": self.decision}
        common = _common if len(self.agent) + len(self.region) <= _REMEMBERED else _common.__wrapped__
        before = common(self.service, operation, self.region, self.account, self.address, self.agent)
        return before + msgspec.json.encode(varying)[1:] + b"\n"


def is_told(service: str, operation: str, *, denied: bool) -> bool:
    """Whether the trail tells of a call."""
    return denied or operation not in _DATA_EVENTS.get(service, ())


def changes(operation: Operation) -> bool:
    """Whether a call does more than read."""
    return not operation.name.startswith(_READS)


def spelled(operation: Operation | None, params: Mapping[str, Any]) -> msgspec.Raw | Mapping[str, Any]:
    """Parameters as an event is to hold them, if they are too much to be held as they came."""
    if operation is None or operation.input is None:
        return {}
    return msgspec.Raw(msgspec.json.encode(_structure(operation.input, params)))


@lru_cache(maxsize=4096)
def _common(service: str, operation: Operation | None, region: str, account: str, address: str, agent: str) -> bytes:
    """What all calls of one operation by one client have in common: the beginning of a JSON object."""
    members = {
        "eventVersion": _VERSION,
        "eventSource": f"{service or 'unknown'}.amazonaws.com",
        "eventName": "" if operation is None else _name(operation.name, operation.uri),
        "awsRegion": region,
        "sourceIPAddress": address,
        "userAgent": agent,
        "readOnly": operation is not None and not changes(operation),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }
    return msgspec.json.encode(members)[:-1] + b","


@lru_cache(maxsize=16)
def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(operation: str, uri: str) -> str:
    """CloudTrail calls operations of Lambda by their dates, too (`CreateFunction20150331`)."""
    dated = _DATED.match(uri)
    if dated is None:
        return operation
    return operation + "".join(dated.groups()) + ("v2" if operation in _SECOND else "")


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


def _structure(shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a structure without what must not be read in a trail: secrets, and bytes."""
    members = _members(shape)
    shown: dict[str, Any] = {}
    for key, each in value.items():
        found = members.get(key)
        if found is not None:
            name, member = found
            short = isinstance(each, str) and len(each) <= _SHOWN_CHARACTERS
            shown[name] = HIDDEN if member is None else each if short else _shown(member, each)
    return shown


@cache
def _members(shape: Shape) -> dict[str, tuple[str, Shape | None]]:
    """How a structure's members are called in a trail, and their shapes; None: nobody is to read them."""
    return {
        name: (name[:1].lower() + name[1:], None if member.traits.sensitive or _SECRET.search(name) else member)
        for name, member in shape.members.items()
    }


def _shown(shape: Shape, value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "..."
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, dict):
        if shape.type == "structure":
            return _structure(shape, value)
        return {str(key): _item(shape.value, each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_item(shape.member, each) for each in value]
    return HIDDEN if isinstance(value, (bytes, bytearray, memoryview)) else str(value)


def _item(shape: Shape, value: Any) -> Any:
    return HIDDEN if shape.traits.sensitive else _shown(shape, value)
