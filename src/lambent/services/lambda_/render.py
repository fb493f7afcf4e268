"""Every output shape of Lambda's API, made from stored values. Pure; members as the model names them."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from lambent.invoke.base import Provisioned
from lambent.model.event_source import EventSourceMapping, SourceKind
from lambent.model.function import CodePackage, FunctionVersion, LoggingConfig, State
from lambent.model.function_url import FunctionUrl
from lambent.services.lambda_ import url_addresses
from lambent.services.lambda_.capacity_repository import CapacityShare
from lambent.services.lambda_.code_signing_repository import CodeSigningConfig
from lambent.services.lambda_.durable.render import durable_config
from lambent.services.lambda_.layer_repository import LayerVersion
from lambent.services.lambda_.provisioned_repository import Provision
from lambent.services.lambda_.repository import Alias

ACTIVE = "Active"
"""The state of a capacity provider: it is one as soon as it is made."""

_REMEMBERED = 4096

_LISTED = frozenset(
    {"State", "StateReason", "StateReasonCode", "LastUpdateStatus", "LastUpdateStatusReason"}
    | {"LastUpdateStatusReasonCode", "RuntimeVersionConfig"}
)
"""Members that listings leave out."""


def configuration(version: FunctionVersion, qualifier: str | None = None, *, runtime_arn: str = "") -> dict[str, Any]:
    """A `FunctionConfiguration`; its ARN ends in `qualifier` (version or alias), if there is one.

    `runtime_arn` names the build of the runtime that would run it; a pin of its own goes before that.
    """
    shown: dict[str, Any] = {
        "FunctionName": version.name,
        "FunctionArn": version.function_arn if qualifier is None else f"{version.function_arn}:{qualifier}",
        "Runtime": version.runtime,
        "Role": version.role,
        "Handler": version.handler,
        "CodeSize": version.code.size,
        "Description": version.description,
        "Timeout": version.timeout,
        "MemorySize": version.memory_mb,
        "LastModified": timestamp(version.last_modified),
        "CodeSha256": code_sha256(version.code),
        "Version": version.version,
        "TracingConfig": {"Mode": version.tracing},
        "RevisionId": version.shown_revision_id,
        "State": str(version.state),
        "PackageType": "Zip",
        "Architectures": [version.architecture],
        "EphemeralStorage": {"Size": version.ephemeral_mb},
        "SnapStart": {
            "ApplyOn": "PublishedVersions" if version.snap_start else "None",
            "OptimizationStatus": "On" if version.optimized else "Off",
        },
        "LoggingConfig": logging_config(version.logging),
    }
    if build := version.runtime_pin or runtime_arn:
        shown["RuntimeVersionConfig"] = {"RuntimeVersionArn": build}
    if version.durable is not None:
        shown["DurableConfig"] = durable_config(version.durable)
    if version.tenancy:
        shown["TenancyConfig"] = {"TenantIsolationMode": version.tenancy}
    if (capacity := version.capacity) is not None:
        shown["CapacityProviderConfig"] = {
            "LambdaManagedInstancesCapacityProviderConfig": {
                "CapacityProviderArn": capacity.provider,
                "PerExecutionEnvironmentMaxConcurrency": capacity.concurrency,
                "ExecutionEnvironmentMemoryGiBPerVCpu": capacity.memory_gib_per_vcpu,
            }
        }
    if version.code.signed_by:
        shown["SigningProfileVersionArn"] = version.code.signed_by
    if version.dead_letters:
        shown["DeadLetterConfig"] = {"TargetArn": version.dead_letters}
    if version.layers:
        shown["Layers"] = [{"Arn": layer.arn, "CodeSize": layer.code.size} for layer in version.layers]
    if version.kms_key:
        shown["KMSKeyArn"] = version.kms_key
    if version.variables:
        shown["Environment"] = {"Variables": dict(version.variables)}
    if version.state_reason:
        shown |= {"StateReason": version.state_reason, "StateReasonCode": version.state_reason_code}
    if version.state is not State.PENDING:
        shown["LastUpdateStatus"] = str(version.last_update_status)
    if version.last_update_reason:
        shown["LastUpdateStatusReason"] = version.last_update_reason
        shown["LastUpdateStatusReasonCode"] = version.last_update_reason_code
    return shown


def listed(version: FunctionVersion, qualifier: str | None = None) -> dict[str, Any]:
    """A `FunctionConfiguration` as ListFunctions and ListVersionsByFunction show it: without its state."""
    return {name: value for name, value in configuration(version, qualifier).items() if name not in _LISTED}


def alias(alias: Alias, arn: str) -> dict[str, Any]:
    """An `AliasConfiguration`."""
    shown: dict[str, Any] = {
        "AliasArn": arn,
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision_id,
    }
    if alias.weights:
        shown["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
    return shown


def capacity_provider(provider: CapacityShare, arn: str, state: str = ACTIVE) -> dict[str, Any]:
    """A `CapacityProvider`."""
    return {
        "CapacityProviderArn": arn,
        "State": state,
        "VpcConfig": {"SubnetIds": list(provider.subnets), "SecurityGroupIds": list(provider.security_groups)},
        "PermissionsConfig": {"CapacityProviderOperatorRoleArn": provider.operator_role},
        "InstanceRequirements": {"Architectures": list(provider.architectures)},
        "CapacityProviderScalingConfig": _scaling(provider),
        "LastModified": timestamp(provider.modified),
    }


def _scaling(provider: CapacityShare) -> dict[str, Any]:
    shown: dict[str, Any] = {"MaxVCpuCount": provider.vcpus, "ScalingMode": "Auto"}
    if provider.target is None:
        return shown
    policy = {"PredefinedMetricType": "LambdaCapacityProviderAverageCPUUtilization", "TargetValue": provider.target}
    return shown | {"ScalingMode": "Manual", "ScalingPolicies": [policy]}


def provisioned(asked: Provision, found: Provisioned) -> dict[str, Any]:
    """What Put and GetProvisionedConcurrencyConfig answer, and a list's item but for its ARN."""
    shown: dict[str, Any] = {
        "RequestedProvisionedConcurrentExecutions": asked.wanted,
        "AvailableProvisionedConcurrentExecutions": found.available,
        "AllocatedProvisionedConcurrentExecutions": found.allocated,
        "Status": str(found.status),
        "LastModified": timestamp(asked.modified),
    }
    if found.reason is not None:
        shown["StatusReason"] = found.reason
    return shown


def logging_config(config: LoggingConfig) -> dict[str, str]:
    """A `LoggingConfig`; the levels exist with JSON only."""
    shown = {"LogFormat": config.log_format, "LogGroup": config.log_group}
    if config.application_level is not None:
        shown["ApplicationLogLevel"] = config.application_level
    if config.system_level is not None:
        shown["SystemLogLevel"] = config.system_level
    return shown


def layer_version(version: LayerVersion, layer_arn: str) -> dict[str, Any]:
    """A `LayerVersionsListItem`, which is also a part of the longer answers."""
    shown: dict[str, Any] = {
        "LayerVersionArn": f"{layer_arn}:{version.number}",
        "Version": version.number,
        "Description": version.description,
        "CreatedDate": timestamp(version.created),
    }
    if version.runtimes is not None:
        shown["CompatibleRuntimes"] = version.runtimes
    if version.architectures is not None:
        shown["CompatibleArchitectures"] = version.architectures
    if version.license is not None:
        shown["LicenseInfo"] = version.license
    return shown


def mapping(mapping: EventSourceMapping, last_result: str) -> dict[str, Any]:
    """An `EventSourceMappingConfiguration`."""
    shown: dict[str, Any] = {
        "UUID": mapping.uuid,
        "EventSourceMappingArn": mapping.arn,
        "FunctionArn": mapping.function_arn,
        "LastModified": mapping.modified,
        "State": str(mapping.state),
        "StateTransitionReason": "USER_INITIATED" if mapping.kind is SourceKind.SQS else "User action",
        **mapping.options,
    }
    if mapping.source_arn:
        shown["EventSourceArn"] = mapping.source_arn
    if mapping.kms_key:
        shown["KMSKeyArn"] = mapping.kms_key
    if mapping.kind is not SourceKind.SQS:
        shown["LastProcessingResult"] = last_result
    return shown


def code_signing(config: CodeSigningConfig, arn: str) -> dict[str, Any]:
    """A `CodeSigningConfig`."""
    shown: dict[str, Any] = {
        "CodeSigningConfigId": config.id,
        "CodeSigningConfigArn": arn,
        "AllowedPublishers": {"SigningProfileVersionArns": list(config.profiles)},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": config.policy},
        "LastModified": timestamp(config.modified),
    }
    if config.description:
        shown["Description"] = config.description
    return shown


def function_url(url: FunctionUrl, endpoint: str) -> dict[str, Any]:
    """A `FunctionUrlConfig`, for a client that reached us at `endpoint`."""
    shown: dict[str, Any] = {
        "FunctionUrl": url_addresses.address(endpoint, url.region, url.id),
        "FunctionArn": url.function_arn,
        "AuthType": url.auth_type,
        "InvokeMode": url.invoke_mode,
        "CreationTime": _moment(url.created),
        "LastModifiedTime": _moment(url.modified),
    }
    if url.cors:
        shown["Cors"] = url.cors
    return shown


def code_sha256(code: CodePackage) -> str:
    """`CodeSha256`: the zip file's SHA-256 in base64."""
    return _in_base64(code.digest)


@lru_cache(_REMEMBERED)
def _in_base64(digest: str) -> str:
    return b64encode(bytes.fromhex(digest)).decode()


@lru_cache(_REMEMBERED)
def timestamp(seconds: float) -> str:
    """`LastModified`: `2026-11-20T12:00:00.000+0000`, from seconds since the epoch."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def _moment(seconds: float) -> str:
    """ISO 8601 with milliseconds and `Z`."""
    return f"{timestamp(seconds)[:-5]}Z"
