"""Functions whose environments serve one tenant each: what goes together with that, and which tenant is meant. Pure."""

from __future__ import annotations

from lambent.model.function import FunctionVersion
from lambent.services.lambda_ import tenancy_errors
from lambent.services.operation import Params


def tenant(function: FunctionVersion, params: Params) -> str | None:
    """The tenant of an invocation; None for a function that has none. Raises ApiError."""
    named: str | None = params.get("TenantId")
    if function.tenancy and not named:
        raise tenancy_errors.tenant_missing()
    if named and not function.tenancy:
        raise tenancy_errors.tenant_unwanted()
    return named


def check_provisioned(function: FunctionVersion) -> None:
    """What is initialized beforehand would be nobody's. Raises ApiError."""
    if function.tenancy:
        raise tenancy_errors.not_with("Provisioned Concurrency")


def check_url(function: FunctionVersion) -> None:
    """An address names no tenant. Raises ApiError."""
    if function.tenancy:
        raise tenancy_errors.not_with("Function URL")


def check_event_source(function: FunctionVersion) -> None:
    """A source names no tenant. Raises ApiError."""
    if function.tenancy:
        raise tenancy_errors.not_with("Event source mapping")
