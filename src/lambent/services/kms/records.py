"""Keys, aliases and grants as they are stored. Times in seconds since the epoch."""

from __future__ import annotations

import msgspec


class Material(msgspec.Struct, frozen=True):
    """What encrypts, sealed. `id` is 64 hex digits; `on_demand` if a caller asked for it."""

    id: str
    sealed: bytes
    created: float
    on_demand: bool = False


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A symmetric key. The last of `materials` encrypts, all decrypt. `deletion` None: it stays; `rotation_days` 0: its
    material does not change by itself; `rotated` when it changed last, or the counting began."""

    id: str
    account: str
    region: str
    created: float
    materials: tuple[Material, ...]
    policy: str
    description: str = ""
    enabled: bool = True
    deletion: float | None = None
    rotation_days: int = 0
    rotated: float = 0.0
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    manager: str = "CUSTOMER"

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:kms:{self.region}:{self.account}:key/{self.id}"


class Alias(msgspec.Struct, frozen=True):
    """Another name (`alias/mine`) of a key."""

    name: str
    key_id: str
    created: float
    updated: float


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a principal may do with a key beside its policy."""

    id: str
    token: str
    key_id: str
    created: float
    issuer: str
    operations: tuple[str, ...]
    grantee: str
    retiring: str = ""
    name: str = ""
    equals: dict[str, str] | None = None
    subset: dict[str, str] | None = None
    source_arn: str = ""
