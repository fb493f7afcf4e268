"""From the parameters of CreateFunction and UpdateFunctionConfiguration to a FunctionVersion.

Pure. What may not be asked for has been refused before (`checks`, `unsupported`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.context import Context
from lambent.model.function import LATEST, CodePackage, Durability, FunctionVersion, LayerUse, LoggingConfig
from lambent.services.lambda_ import checks, snapstart
from lambent.services.lambda_.durable import limits as durable_limits
from lambent.services.lambda_.names import function_arn
from lambent.services.operation import Params

_CREATING = "The function is being created."

_PLAIN = {
    "Role": "role",
    "Handler": "handler",
    "Runtime": "runtime",
    "Description": "description",
    "Timeout": "timeout",
    "MemorySize": "memory_mb",
}
"""Parameters that are fields as they are."""


def check(params: Params, logging: LoggingConfig | None, *, managed: bool = False) -> None:
    """The checks that creating and updating share; `logging` is what the function has so far.

    `managed`: it runs on managed instances, or is to.
    """
    if "Runtime" in params:
        checks.runtime(params["Runtime"])
    checks.quotas(params, managed=managed)
    checks.variables(_variables(params) or {})
    checks.dead_letters(params.get("DeadLetterConfig", {}).get("TargetArn"))
    if "LoggingConfig" in params:
        asked = params["LoggingConfig"]
        so_far = ("JSON" if managed else "Text") if logging is None else logging.log_format
        checks.log_levels(asked, asked.get("LogFormat", so_far))


def created(
    ctx: Context, params: Params, name: str, code: CodePackage, architecture: str, layers: tuple[LayerUse, ...] = ()
) -> FunctionVersion:
    """A new `$LATEST`, Pending."""
    version = FunctionVersion(
        account=ctx.account,
        region=ctx.region,
        name=name,
        version=LATEST,
        arn=function_arn(ctx, name, LATEST),
        revision_id=ctx.ids.request_id(),
        role=params["Role"],
        runtime=params["Runtime"],
        handler=params["Handler"],
        code=code,
        last_modified=ctx.clock.now(),
        logging=_usual_logging(params, name),
        architecture=architecture,
        state_reason=_CREATING,
        state_reason_code="Creating",
        layers=layers,
        tenancy=params.get("TenancyConfig", {}).get("TenantIsolationMode", ""),
    )
    return msgspec.structs.replace(version, **_fields(params, version))


def _usual_logging(params: Params, name: str) -> LoggingConfig:
    """What a new function has if it asks for nothing; on managed instances that is JSON."""
    group = f"/aws/lambda/{name}"
    if params.get("CapacityProviderConfig") is None or "LogFormat" in params.get("LoggingConfig", {}):
        return LoggingConfig(log_group=group)
    return LoggingConfig(group, "JSON", "INFO", "INFO")


def changed(version: FunctionVersion, params: Params) -> FunctionVersion:
    """`version` with what `params` ask for; state, revision and time are the caller's business."""
    return msgspec.structs.replace(version, **_fields(params, version))


def _fields(params: Params, version: FunctionVersion) -> dict[str, Any]:
    fields: dict[str, Any] = {field: params[name] for name, field in _PLAIN.items() if name in params}
    variables = _variables(params)
    if variables is not None:
        fields["variables"] = variables
    if "Size" in params.get("EphemeralStorage", {}):
        fields["ephemeral_mb"] = params["EphemeralStorage"]["Size"]
    if (snap_start := snapstart.asked(params)) is not None:
        fields["snap_start"] = snap_start
    if "Mode" in params.get("TracingConfig", {}):
        fields["tracing"] = params["TracingConfig"]["Mode"]
    if "DeadLetterConfig" in params:
        fields["dead_letters"] = params["DeadLetterConfig"].get("TargetArn") or ""
    if "DurableConfig" in params:
        fields["durable"] = _durability(params["DurableConfig"], version.durable)
    if "LoggingConfig" in params:
        fields["logging"] = _logging(params["LoggingConfig"], version.logging)
    return fields


def _durability(asked: Mapping[str, Any], so_far: Durability | None) -> Durability:
    """What the request leaves out stays."""
    usual = so_far or Durability(durable_limits.TIMEOUT_SECONDS, durable_limits.RETENTION_DAYS)
    return Durability(
        asked.get("ExecutionTimeout", usual.timeout_seconds),
        asked.get("RetentionPeriodInDays", usual.retention_days),
        asked.get("KMSKeyArn", usual.kms_key),
    )


def _variables(params: Params) -> dict[str, str] | None:
    """The whole new set of variables; None when the request does not speak of them."""
    environment = params.get("Environment")
    return None if environment is None else dict(environment.get("Variables") or {})


def _logging(asked: Mapping[str, str], so_far: LoggingConfig) -> LoggingConfig:
    """What the request leaves out stays; levels appear with JSON and vanish with text."""
    log_format = asked.get("LogFormat", so_far.log_format)
    group = asked.get("LogGroup", so_far.log_group)
    if log_format != "JSON":
        return LoggingConfig(log_group=group, log_format=log_format)
    return LoggingConfig(
        log_group=group,
        log_format=log_format,
        application_level=asked.get("ApplicationLogLevel", so_far.application_level or "INFO"),
        system_level=asked.get("SystemLogLevel", so_far.system_level or "INFO"),
    )
