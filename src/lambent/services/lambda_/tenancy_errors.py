"""Every text in which tenant isolation refuses."""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.lambda_ import errors


def tenant_missing() -> ApiError:
    """400: the function keeps its tenants apart, and none is named."""
    return errors.invalid(
        "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try"
        " again."
    )


def tenant_unwanted() -> ApiError:
    """400: a tenant is named, and the function would not keep it apart."""
    return errors.invalid(
        "The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and"
        " try again."
    )


def not_with(what: str) -> ApiError:
    """400: `what` and tenants exclude each other."""
    return errors.invalid(f"{what} is not supported for functions with tenant isolation mode")
