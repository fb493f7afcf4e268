"""Secrets as they are stored. Times in seconds since the epoch."""

from __future__ import annotations

import msgspec


class Version(msgspec.Struct, frozen=True):
    """One value's place: its id, its staging labels; `accessed` is the day (0: never) on which it was read last."""

    id: str
    created: float
    stages: tuple[str, ...]
    accessed: float = 0.0


class Value(msgspec.Struct, frozen=True):
    """What is secret: one of both."""

    text: str | None = None
    binary: bytes | None = None


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret without its values, which lie under `uid`. `versions` are in the order of their making.

    `suffix` is what the ARN ends with. `deleted`: when its deletion was asked for; `gone`: when it takes place.
    """

    name: str
    account: str
    region: str
    uid: str
    suffix: str
    created: float
    changed: float
    accessed: float = 0.0
    description: str | None = None
    versions: tuple[Version, ...] = ()
    policy: str | None = None
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    deleted: float | None = None
    gone: float | None = None

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:secretsmanager:{self.region}:{self.account}:secret:{self.name}-{self.suffix}"

    def version(self, version_id: str) -> Version | None:
        """A version by its id."""
        return next((each for each in self.versions if each.id == version_id), None)

    def staged(self, stage: str) -> Version | None:
        """The version that a label is attached to."""
        return next((each for each in self.versions if stage in each.stages), None)
