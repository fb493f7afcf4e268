"""What Lambda's API demands of parameters beyond the service model. Pure: each check passes or raises ApiError."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from lambent.invoke.variables import RESERVED
from lambent.runtimes import names as runtimes
from lambent.services.lambda_ import errors, event_invoke_errors, limits
from lambent.services.operation import Params
from lambent.wire.model import load

_QUOTAS = (("Timeout", "Timeout", limits.TIMEOUT_SECONDS),)


def known_runtimes(params: Params) -> None:
    """`Runtime` must be one that AWS has (its own wording, so it comes before the model's check)."""
    name = params.get("Runtime")
    if isinstance(name, str) and name not in _runtime_names():
        supported = [known for known in _runtime_names() if known not in runtimes.RETIRED]
        raise errors.runtime_unknown(name, supported)


def runtime(name: str) -> None:
    """A runtime of AWS's must not be retired, and be one that Lambent can run."""
    if name in runtimes.RETIRED:
        raise errors.runtime_retired(name)
    if name not in runtimes.SERVED:
        raise errors.unsupported(f"The runtime {name}")


def quotas(params: Params, *, managed: bool = False) -> None:
    """Figures that the model allows for other kinds of functions; those on `managed` instances may have more memory."""
    memory = limits.MOST_MANAGED_MEMORY_MB if managed else limits.MEMORY_MB
    for member, shown, most in (*_QUOTAS, ("MemorySize", "MemorySize", memory)):
        if params.get(member, 0) > most:
            raise errors.over_quota(shown, most)
    if params.get("EphemeralStorage", {}).get("Size", 0) > limits.EPHEMERAL_MB:
        raise errors.over_quota("EphemeralStorage.Size", limits.EPHEMERAL_MB)


def variables(given: Mapping[str, str]) -> None:
    """Environment variables: none of Lambda's own, 4 KB at most."""
    reserved = [name for name in given if name in RESERVED]
    if reserved:
        raise errors.environment_reserved(reserved)
    measured = json.dumps(given, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode("utf-8", "surrogatepass")) > limits.ENVIRONMENT_BYTES:
        raise errors.environment_too_large(measured)


def network(params: Params) -> None:
    """Subnets and security groups come together, and an EFS file system needs a network to be reached through."""
    vpc = params.get("VpcConfig") or {}
    subnets, groups = vpc.get("SubnetIds") or [], vpc.get("SecurityGroupIds") or []
    if bool(subnets) is not bool(groups):
        raise errors.half_a_network()
    for system in params.get("FileSystemConfigs") or ():
        if ":elasticfilesystem:" in system["Arn"] and not subnets:
            raise errors.file_system_without_network()


def architectures(asked: list[str], here: str) -> None:
    """Code runs on this machine's processor."""
    for name in asked:
        if name != here:
            raise errors.unsupported(f"The architecture {name} (this machine is {here})")


def log_levels(config: Mapping[str, Any], log_format: str) -> None:
    """Levels exist with JSON only."""
    if log_format != "JSON" and ("ApplicationLogLevel" in config or "SystemLogLevel" in config):
        raise errors.levels_need_json()


def tags(given: Mapping[str, str]) -> None:
    """Not too many, and none of AWS's own."""
    if len(given) > limits.TAGS:
        raise errors.too_many_tags(limits.TAGS)
    if any(key.lower().startswith("aws:") for key in given):
        raise errors.system_tag()


@cache
def _runtime_names() -> tuple[str, ...]:
    return tuple(load("lambda").shape("Runtime").traits.enum or ())


def dead_letters(arn: str | None) -> None:
    """Dead letters go to queues and topics. Raises ApiError."""
    if arn and arn.split(":", 5)[2:3] not in (["sqs"], ["sns"]):
        raise event_invoke_errors.bad_dead_letters(arn)
