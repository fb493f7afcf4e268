"""What AWS accepts and Lambent (still) refuses: one table, read by the operations and by COMPATIBILITY.md.

An option is refused only when it asks for something: empty values, and values that say what holds
anyway, pass. Nothing in this table is ever stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.services.lambda_ import errors


class Option(msgspec.Struct, frozen=True):
    """One refused option of some operations.

    `path` is the parameter, with dots for members of structures. `harmless` are values (besides empty
    ones) that are accepted because they ask for nothing.
    """

    path: str
    why: str
    harmless: tuple[object, ...] = ()


_S3 = (Option("S3ObjectStorageMode", "packages are kept here", ("COPY",)),)
_CODE = (
    Option("ImageUri", "container images are not run"),
    *_S3,
)
_CONFIGURATION = (
    Option("VpcConfig", "functions run in their own network namespace"),
    Option("FileSystemConfigs", "no file systems are mounted"),
    Option("ImageConfig", "container images are not run"),
    Option("RuntimeConfig", "there are no customer-managed runtimes"),
    Option("AcceleratorConfig", "there are no accelerators"),
)
_CAPACITY = (
    Option("PropagateTags", "no instances are made that could have tags", ({"Mode": "None"},)),
    Option("TelemetryConfig", "no instances are made that could have a log"),
)

_MAPPING = (
    Option("AmazonManagedKafkaEventSourceConfig.SchemaRegistryConfig", "no schema registry is asked"),
    Option("SelfManagedKafkaEventSourceConfig.SchemaRegistryConfig", "no schema registry is asked"),
    Option("SelfManagedKafkaEventSourceConfig.ConsumptionMode", "records are read by consumer groups", ("Stream",)),
    Option("ProvisionedPollerConfig.PollerGroupName", "mappings share no event poller units"),
)

REFUSED: Mapping[str, tuple[Option, ...]] = {
    "CreateFunction": (
        *_CONFIGURATION,
        *(msgspec.structs.replace(option, path=f"Code.{option.path}") for option in _CODE),
        Option("PackageType", "container images are not run", ("Zip",)),
    ),
    "UpdateFunctionConfiguration": _CONFIGURATION,
    "UpdateFunctionCode": _CODE,
    "PublishLayerVersion": tuple(msgspec.structs.replace(option, path=f"Content.{option.path}") for option in _S3),
    "CreateCapacityProvider": (
        *_CAPACITY,
        Option("InstanceRequirements.AllowedInstanceTypes", "its instances are parts of this machine"),
        Option("InstanceRequirements.ExcludedInstanceTypes", "its instances are parts of this machine"),
        Option("KmsKeyArn", "no instances are made whose disks could be encrypted"),
    ),
    "UpdateCapacityProvider": _CAPACITY,
    "ListFunctions": (Option("MasterRegion", "functions are not replicated to edges"),),
    "CreateEventSourceMapping": _MAPPING,
    "UpdateEventSourceMapping": _MAPPING,
}
"""Operation -> options that it refuses."""

# Most calls name none of these: one look at the top-level members tells.
_ROOTS = {name: frozenset(option.path.partition(".")[0] for option in options) for name, options in REFUSED.items()}


def refuse(operation: str, params: Mapping[str, Any]) -> None:
    """Raise ApiError for the first option in `params` that is not supported."""
    if _ROOTS[operation].isdisjoint(params):
        return
    for option in REFUSED[operation]:
        if option.path.partition(".")[0] not in params:
            continue
        value = _at(params, option.path)
        if not _empty(value) and value not in option.harmless:
            raise errors.unsupported(_described(option.path, value))


def _at(params: Mapping[str, Any], path: str) -> Any:
    value: Any = params
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _empty(value: Any) -> bool:
    """True for nothing, and for structures that hold nothing but nothing."""
    if isinstance(value, Mapping):
        return all(_empty(member) for member in value.values())
    return value is None or value is False or value == "" or value == []


def _described(path: str, value: Any) -> str:
    return f"{path} {value}" if isinstance(value, str) and len(value) <= 32 else path
