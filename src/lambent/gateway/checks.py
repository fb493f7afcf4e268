"""The constraints of the model, in AWS's words: the validating step of the front door and of the inner one."""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.operation import Operation, Params
from lambent.wire.model import Operation as Described
from lambent.wire.validate import validate, validation_message


def check(described: Described, protocol: str, operation: Operation, params: Params) -> None:
    """Hold `params` against what the model says of the operation. Raises ApiError."""
    if operation.mark.precheck is not None:
        operation.mark.precheck(params)
    failures = validate(described, params)
    if failures:
        code = "ValidationError" if protocol in ("query", "ec2") else "ValidationException"
        raise ApiError(code, validation_message(failures), status=400)
