"""A function version as it is stored: `$LATEST` or a published, immutable number."""

from __future__ import annotations

from enum import StrEnum

import msgspec

LATEST = "$LATEST"

LATEST_PUBLISHED = "$LATEST.PUBLISHED"
"""What a function on managed instances runs unless a version is named: a copy of `$LATEST`, replaced on demand."""


class State(StrEnum):
    """Whether a version can be invoked."""

    PENDING = "Pending"
    ACTIVE = "Active"
    INACTIVE = "Inactive"
    FAILED = "Failed"
    DEACTIVATED = "Deactivated"


class UpdateStatus(StrEnum):
    """How the last update of a version ended."""

    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    IN_PROGRESS = "InProgress"


class RuntimeUpdate(StrEnum):
    """When a version may get another build of its runtime."""

    AUTO = "Auto"
    FUNCTION_UPDATE = "FunctionUpdate"
    MANUAL = "Manual"


class SealedCode(msgspec.Struct, frozen=True):
    """How a package lies encrypted: in the blob `blob`, under a data key that the key `kms_key` of KMS opens.

    `function_arn` is the encryption context: the function, without a version, that the package was given to.
    """

    blob: str
    kms_key: str
    data_key: bytes
    function_arn: str


class CodePackage(msgspec.Struct, frozen=True):
    """A deployment package, content-addressed: `digest` is the SHA-256 of the zip file in hex.

    `signed_by`, unless empty, is the ARN of the signing profile version that was found to have signed it.
    """

    digest: str
    size: int
    unpacked_size: int
    signed_by: str = ""
    sealed: SealedCode | None = None

    @property
    def stored(self) -> str:
        """The digest of the blob that holds it, as it is or sealed."""
        return self.digest if self.sealed is None else self.sealed.blob


NOTHING = CodePackage("", 0, 0)
"""What is in a layer that is built in."""


class LayerUse(msgspec.Struct, frozen=True):
    """A layer version as a function uses it: it keeps the package, whatever becomes of the layer."""

    arn: str
    code: CodePackage

    @property
    def built_in(self) -> bool:
        """Whether it is Lambda Insights: it shows nothing in /opt, but has each invocation measured."""
        return self.code == NOTHING


class LoggingConfig(msgspec.Struct, frozen=True):
    """Where and how the function's log is written. Levels are None with the text format."""

    log_group: str
    log_format: str = "Text"
    application_level: str | None = None
    system_level: str | None = None


class Capacity(msgspec.Struct, frozen=True):
    """What of a capacity provider (its ARN) each environment of a function has.

    `concurrency` invocations run in it at once; `memory_gib_per_vcpu` says how many processors belong to its memory.
    """

    provider: str
    concurrency: int
    memory_gib_per_vcpu: float


class Durability(msgspec.Struct, frozen=True):
    """That a function is durable: how long an execution may take, and how long it is kept when it has ended.

    With a `kms_key` (an ARN) what executions are given and give is encrypted with that key of KMS.
    """

    timeout_seconds: int
    retention_days: int
    kms_key: str = ""


class FunctionVersion(msgspec.Struct, frozen=True):
    """Code and configuration of one version.

    Units: `timeout` seconds, `memory_mb` and `ephemeral_mb` MB, `last_modified` seconds since the
    epoch. `version` is `$LATEST` or decimal digits; `arn` always ends in `:VERSION`.
    `revision_id` changes with code, configuration and state: an environment serves one revision.
    `touched_id`, unless empty, is AWS's RevisionId since something else about the version changed.
    `layers` lie over each other at /opt, the last uppermost. `runtime_pin`, unless empty, is the ARN of
    the only build of its runtime that may run it. `tenancy`, unless empty, is AWS's TenantIsolationMode: no
    environment serves two tenants. With a `capacity` it runs on managed instances.
    `dead_letters`, unless empty, is the ARN of the queue or topic of events that failed.
    `snap_start` asks for snapshots of published versions; `optimized`: one was made.
    Invocations of a `durable` one are durable executions.
    With a `kms_key` (an ARN) `sealed_variables` hold what would be `variables`, encrypted with that key of KMS.
    """

    account: str
    region: str
    name: str
    version: str
    arn: str
    revision_id: str
    role: str
    runtime: str
    handler: str
    code: CodePackage
    last_modified: float
    logging: LoggingConfig
    description: str = ""
    dead_letters: str = ""
    timeout: int = 3
    memory_mb: int = 128
    ephemeral_mb: int = 512
    variables: dict[str, str] = msgspec.field(default_factory=dict)
    architecture: str = "x86_64"
    tracing: str = "PassThrough"
    state: State = State.PENDING
    state_reason: str = ""
    state_reason_code: str = ""
    last_update_status: UpdateStatus = UpdateStatus.SUCCESSFUL
    last_update_reason: str = ""
    last_update_reason_code: str = ""
    touched_id: str = ""
    layers: tuple[LayerUse, ...] = ()
    runtime_update: RuntimeUpdate = RuntimeUpdate.AUTO
    runtime_pin: str = ""
    tenancy: str = ""
    capacity: Capacity | None = None
    snap_start: bool = False
    optimized: bool = False
    durable: Durability | None = None
    kms_key: str = ""
    sealed_variables: bytes = b""

    @property
    def shown_revision_id(self) -> str:
        """AWS's RevisionId: it also changes when a version is published, or its policy is."""
        return self.touched_id or self.revision_id

    @property
    def measured(self) -> bool:
        """Whether Lambda Insights is on."""
        return any(layer.built_in for layer in self.layers)

    @property
    def vcpus(self) -> float:
        """How many processors an environment has on managed instances."""
        return 0.0 if self.capacity is None else self.memory_mb / 1024 / self.capacity.memory_gib_per_vcpu

    @property
    def function_arn(self) -> str:
        """The ARN without its version."""
        return self.arn.rsplit(":", 1)[0]
