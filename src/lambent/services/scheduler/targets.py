"""What a schedule's target is called with: a parcel for templated targets, an API call for universal ones. Pure.

Checked when a schedule comes: what cannot be called here is refused by name, here or in `unsupported`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from lambent.model.errors import ApiError
from lambent.neighbours.delivery import Parcel
from lambent.services.scheduler import errors, limits
from lambent.services.scheduler.waiting import Execution
from lambent.wire.model import Operation, UnknownService, load
from lambent.wire.shape import Shape
from lambent.wire.validate import validate

UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"

_TEMPLATED = frozenset({"lambda", "sqs", "sns", "events"})
_PARAMETERS: Mapping[str, str] = {"EventBridgeParameters": "events", "SqsParameters": "sqs"}
"""Which kind of target each belongs to."""

_SDK_NAMES: Mapping[str, str] = {"eventbridge": "events", "cloudwatchlogs": "logs", "sfn": "stepfunctions"}
"""Services whose SDK name is not that of their model."""

_READING = (
    *("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "lookup", "discover"),
    *("validate", "batchGet", "batchDescribe", "batchRead", "transactGet", "adminGet", "adminList", "retrieve"),
    *("testMigration", "testConnection", "translateDocument", "isAuthorized", "invokeModel"),
)
"""How the names of actions begin that a schedule cannot call."""

Reaches = Callable[[str], bool]
"""Whether a service (by the name of its model) can be called, here or elsewhere."""


def check(target: Mapping[str, Any], reaches: Reaches) -> None:
    """Whether a target is one, and can be called. Raises ApiError."""
    arn: str = target["Arn"]
    if len((target.get("Input") or "").encode()) > limits.INPUT_BYTES:
        raise errors.bad_input(f"the input is larger than {limits.INPUT_BYTES} bytes")
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[5]:
        raise errors.bad_target_arn()
    kind = "" if arn.startswith(UNIVERSAL) else parts[2]
    for member, of in _PARAMETERS.items():
        if target.get(member) is not None and of != kind:
            raise errors.wrong_parameters(member)
    if not kind:
        _check_universal(arn, target, reaches)
    elif kind not in _TEMPLATED or not parts[3] or not parts[4]:
        raise errors.bad_target_arn()
    elif not reaches(kind):
        raise errors.unsupported(f"The target {arn}", f"there is no service {kind} to call")
    else:
        _check_templated(kind, parts[5], target)


def parcel(execution: Execution, attempt: int) -> Parcel:
    """What a templated target gets."""
    target = execution.target
    events = target.get("EventBridgeParameters") or {}
    return Parcel(
        body=carried(execution, attempt).encode(),
        group=(target.get("SqsParameters") or {}).get("MessageGroupId"),
        source=events.get("Source", ""),
        detail_type=events.get("DetailType", ""),
        resources=(execution.arn,),
    )


def call(arn: str, text: str) -> tuple[str, Operation, dict[str, Any]]:
    """The service, the operation and the parameters of a universal target, given its input. Raises ApiError."""
    service, operation = _action(arn)
    try:
        given = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise errors.bad_input("it is not JSON") from None
    if not isinstance(given, dict):
        raise errors.bad_input("it is no JSON object")
    return service, operation, {} if operation.input is None else _structure(operation.input, given)


def carried(execution: Execution, attempt: int) -> str:
    """What an execution carries to its target: the input, or what goes in its place."""
    target = execution.target
    text = target.get("Input")
    if text is None:
        bare = target.get("EventBridgeParameters") or target["Arn"].startswith(UNIVERSAL)
        return "{}" if bare else _scheduled_event(execution)
    return filled(text, execution, attempt)


def filled(text: str, execution: Execution, attempt: int) -> str:
    """A text with its context attributes replaced. `attempt` counts from 1."""
    if "<aws.scheduler." not in text:
        return text
    for name, value in (
        ("schedule-arn", execution.arn),
        ("scheduled-time", stamp(execution.occurrence)),
        ("execution-id", execution.id),
        ("attempt-number", str(attempt)),
    ):
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def stamp(seconds: float) -> str:
    """A time as context attributes show it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _scheduled_event(execution: Execution) -> str:
    """What a target gets for which no input was given."""
    _, _, _, region, account, _ = execution.arn.split(":", 5)
    digits = execution.id * 2
    event = {
        "version": "0",
        "id": f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": account,
        "time": stamp(execution.occurrence),
        "region": region,
        "resources": [execution.arn],
        "detail": "{}",
    }
    return msgspec.json.encode(event).decode()


def _check_templated(kind: str, resource: str, target: Mapping[str, Any]) -> None:
    if kind == "events":
        if not resource.startswith("event-bus/"):
            raise errors.bad_target_arn()
        if target.get("EventBridgeParameters") is None:
            raise errors.missing_parameters("EventBridgeParameters")
    if kind == "lambda" and not resource.startswith("function:"):
        raise errors.bad_target_arn()
    if kind == "sqs" and resource.endswith(".fifo") and not (target.get("SqsParameters") or {}).get("MessageGroupId"):
        raise errors.missing_parameters("SqsParameters.MessageGroupId")
    if kind == "sns" and resource.endswith(".fifo"):
        raise errors.unsupported("A FIFO topic as a templated target", "it has no place for a message group")


def _check_universal(arn: str, target: Mapping[str, Any], reaches: Reaches) -> None:
    service, operation = _action(arn)
    if not reaches(service):
        raise errors.unsupported(f"The target {arn}", f"there is no service {service} to call")
    action = arn.rpartition(":")[2]
    if any(action.startswith(word) and not action[len(word) : len(word) + 1].islower() for word in _READING):
        raise errors.read_only_action(arn)
    _, _, params = call(arn, target.get("Input") or "{}")
    if failures := validate(operation, params):
        raise errors.bad_input("; ".join(failures))


def _action(arn: str) -> tuple[str, Operation]:
    """Service (by the name of its model) and operation of a universal target. Raises ApiError."""
    sdk, _, action = arn.removeprefix(UNIVERSAL).partition(":")
    service = _SDK_NAMES.get(sdk, sdk)
    if not (sdk.isascii() and sdk.isalnum() and action[:1].islower()):
        raise errors.unknown_action(arn)
    try:
        model = load(service)
        return service, model.operations[action[0].upper() + action[1:]]
    except (UnknownService, KeyError):
        raise errors.unknown_action(arn) from None


def _structure(shape: Shape, given: Mapping[str, Any]) -> dict[str, Any]:
    """An input's members by their names in the model, whose first letter may be small or not."""
    names = {name.lower()[:1] + name[1:]: name for name in shape.members}
    made: dict[str, Any] = {}
    for key, value in given.items():
        name = names.get(key.lower()[:1] + key[1:])
        if name is None:
            raise errors.bad_input(f"{shape.name} has no member {key}")
        if value is not None:
            made[name] = _value(shape.members[name], value)
    return made


def _value(shape: Shape, value: Any) -> Any:
    match shape.type, value:
        case "structure", dict():
            return _structure(shape, value)
        case "list", list():
            return [_value(shape.member, item) for item in value]
        case "map", dict():
            return {key: _value(shape.value, item) for key, item in value.items()}
        case "blob", str():
            return value.encode()
        case "timestamp", int() | float():
            return datetime.fromtimestamp(value, UTC)
        case "timestamp", str():
            return _instant(value)
        case (("string" | "character"), str()):
            return value
        case "boolean", bool():
            return value
        case (("integer" | "long"), int()) if not isinstance(value, bool):
            return value
        case (("float" | "double"), (int() | float())) if not isinstance(value, bool):
            return value
    raise _mismatch(shape)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise errors.bad_input(f"{text} is no timestamp") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _mismatch(shape: Shape) -> ApiError:
    return errors.bad_input(f"a {shape.type} was expected for {shape.name}")
