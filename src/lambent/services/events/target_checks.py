"""Whether a target will do: its kind, its queue's group, and what it is to get. Pure.

Every check passes or raises ApiError. The model's own constraints have been checked before.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from lambent.services.events import errors, unsupported
from lambent.services.events.delivery_errors import Untransformable
from lambent.services.events.names import bus_of
from lambent.services.events.paths import BadPath, steps
from lambent.services.events.records import Target
from lambent.services.events.transform import PLACEHOLDER, RESERVED, filled, is_object
from lambent.services.events.unsupported import KINDS
from lambent.services.operation import Params

Reachable = Callable[[str], bool]
"""Whether a service (by its botocore name) is served here or at an endpoint."""

_ARN = re.compile(r"arn:aws[\w-]*:([a-z0-9-]+):([a-z0-9-]*):(\d{12})?:(.+)", re.DOTALL)


def checked(given: Params, reachable: Reachable) -> Target:
    """The target that a caller describes. Raises ApiError."""
    unsupported.check("PutTargets", given)
    name, arn = given["Id"], given["Arn"]
    _check_kind(arn, reachable)
    group = (given.get("SqsParameters") or {}).get("MessageGroupId")
    fifo = ":sqs:" in arn and arn.endswith(".fifo")
    if fifo and group is None:
        raise errors.group_missing(name)
    if group is not None and not fifo:
        raise errors.group_unwanted(name)
    transformer, retries = given.get("InputTransformer") or {}, given.get("RetryPolicy") or {}
    target = Target(
        id=name,
        arn=arn,
        role=given.get("RoleArn"),
        input=given.get("Input") or None,  # deployers send "" for none
        path=given.get("InputPath"),
        template=transformer.get("InputTemplate"),
        variables=transformer.get("InputPathsMap") or {},
        group=group,
        attempts=retries.get("MaximumRetryAttempts"),
        age=retries.get("MaximumEventAgeInSeconds"),
        dead_letters=(given.get("DeadLetterConfig") or {}).get("Arn"),
    )
    _check_input(target)
    if target.role is not None and (_ARN.fullmatch(target.role) or [""] * 2)[1] != "iam":
        raise errors.parameter("RoleArn", "Provided role is not an ARN of IAM.")
    _check_dead_letters(target.dead_letters)
    return target


def is_near(target: Target, rule: str) -> bool:
    """Whether a log group is in the account and region of the rule (by its ARN); everything else may be anywhere."""
    there, here = target.arn.split(":", 5), rule.split(":", 5)
    return there[2] != "logs" or there[3:5] == here[3:5]


def _check_kind(arn: str, reachable: Reachable) -> None:
    match = _ARN.fullmatch(arn)
    if match is None:
        raise errors.parameter("Arn", "Provided Arn is not in correct format.")
    service, resource = match[1], match[4]
    if service not in KINDS:
        raise errors.not_a_target(arn, f"rules send to {', '.join(KINDS)}, not to {service}")
    if service == "events" and bus_of(arn) is None:
        raise errors.not_a_target(arn, "there are no API destinations and global endpoints")
    if service == "logs" and not resource.startswith("log-group:"):
        raise errors.parameter("Arn", "Provided Arn is not in correct format.")
    if not reachable(service):
        raise errors.not_a_target(arn, f"there is no service {service}, neither here nor at an endpoint")


def _check_dead_letters(arn: str | None) -> None:
    if arn is None:
        return
    match = _ARN.fullmatch(arn)
    if match is None or match[1] != "sqs" or arn.endswith(".fifo"):
        raise errors.parameter("DeadLetterConfig.Arn", "It must be the ARN of a standard queue of SQS.")


def _check_input(target: Target) -> None:
    if sum(each is not None for each in (target.input, target.path, target.template)) > 1:
        raise errors.one_input(target.id)
    if target.input is not None:
        try:
            msgspec.json.decode(target.input)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            raise errors.bad_input(target.id) from None
    for path in (target.path, *target.variables.values()):
        try:
            steps(path or "$")
        except BadPath:
            raise errors.bad_path(target.id, str(path)) from None
    if target.template is not None:
        _check_template(target, target.template)


def _check_template(target: Target, template: str) -> None:
    for name in target.variables:
        if name.lower().startswith("aws."):
            raise errors.reserved_variable(target.id, name)
    for name in PLACEHOLDER.findall(template):
        if name not in target.variables and name not in RESERVED:
            raise errors.bad_placeholder(target.id, name)
    if is_object(template):
        try:
            filled(template, {})
        except Untransformable:
            raise errors.bad_template(target.id) from None
