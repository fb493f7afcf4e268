"""SnapStart: which functions may have it. Pure."""

from __future__ import annotations

from lambent.model.function import FunctionVersion
from lambent.runtimes import names
from lambent.services.lambda_ import capacity_errors, errors, snapstart_errors, tenancy_errors
from lambent.services.operation import Params

_SINCE = {"python": (3, 12), "java": (11,), "dotnet": (8,)}
"""The oldest version of each language that AWS has it for."""

_LARGEST_TMP_MB = 512


def asked(params: Params) -> bool | None:
    """Whether a request wants snapshots; None if it does not say."""
    apply_on = params.get("SnapStart", {}).get("ApplyOn")
    return None if apply_on is None else apply_on == "PublishedVersions"


def check_created(params: Params) -> None:
    """Whether a new function may have what it asks for. Raises ApiError."""
    if asked(params):
        size = params.get("EphemeralStorage", {}).get("Size", 0)
        _check(params["Runtime"], size, bool(params.get("TenancyConfig")), bool(params.get("CapacityProviderConfig")))


def check(function: FunctionVersion) -> None:
    """What it cannot go together with. Raises ApiError."""
    if function.snap_start:
        _check(function.runtime, function.ephemeral_mb, bool(function.tenancy), function.capacity is not None)
        check_unsealed(bool(function.sealed_variables), "KMSKeyArn")
        check_unsealed(function.code.sealed is not None, "SourceKMSKeyArn")


def check_unsealed(both: bool, key: str) -> None:
    """Whether a function with SnapStart and with a key of KMS may be. Raises ApiError."""
    if both:
        raise errors.unsupported(f"SnapStart together with {key} (snapshots are not encrypted with keys of KMS)")


def _check(runtime: str, ephemeral_mb: int, tenancy: bool, managed: bool) -> None:
    since = _SINCE.get(names.language(runtime))
    if since is None or names.version(runtime) < since:
        raise snapstart_errors.not_with(runtime)
    if ephemeral_mb > _LARGEST_TMP_MB:
        raise snapstart_errors.not_with("Ephemeral storage greater than 512 MB")
    if tenancy:
        raise tenancy_errors.not_with("SnapStart")
    if managed:
        raise capacity_errors.not_with("SnapStart")


def check_provisioned(function: FunctionVersion) -> None:
    """Environments of a snapshot are quick enough. Raises ApiError."""
    if function.snap_start:
        raise snapstart_errors.not_with("Provisioned Concurrency")
