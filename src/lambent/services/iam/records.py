"""What an account has: one record an entity, with everything that belongs to it alone."""

from __future__ import annotations

import msgspec

from lambent.services.iam import limits


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """What users, groups and roles have in common. `created` in seconds since the epoch; `inline` are documents by
    name, `attached` ARNs of managed policies in the order of their attachment."""

    name: str
    path: str
    id: str
    created: float
    inline: dict[str, str] = msgspec.field(default_factory=dict)
    attached: tuple[str, ...] = ()


class User(Entity, frozen=True, kw_only=True):
    """A user. `boundary` is the ARN of the policy that limits it, or empty."""

    tags: dict[str, str] = msgspec.field(default_factory=dict)
    boundary: str = ""
    groups: tuple[str, ...] = ()


class Group(Entity, frozen=True, kw_only=True):
    """A group of users (who name it)."""


class Role(Entity, frozen=True, kw_only=True):
    """A role. `trust` is the document that says who may assume it; `max_session` in seconds."""

    trust: str
    description: str = ""
    max_session: int = limits.SESSION_SECONDS
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    boundary: str = ""


class PolicyVersion(msgspec.Struct, frozen=True):
    """One version of a managed policy (`v1`)."""

    id: str
    document: str
    created: float


class ManagedPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A managed policy; `versions` in the order of their making."""

    name: str
    path: str
    id: str
    arn: str
    created: float
    updated: float
    versions: tuple[PolicyVersion, ...]
    default: str = "v1"
    next_version: int = 2
    description: str = ""
    tags: dict[str, str] = msgspec.field(default_factory=dict)

    def version(self, number: str) -> PolicyVersion | None:
        """A version by its id."""
        return next((each for each in self.versions if each.id == number), None)

    @property
    def document(self) -> str:
        """What is in force."""
        found = self.version(self.default)
        assert found is not None
        return found.document


class AccessKey(msgspec.Struct, frozen=True):
    """A user's key, found by its id in any account."""

    id: str
    secret: str
    account: str
    user: str
    created: float
    active: bool = True


class KeyUse(msgspec.Struct, frozen=True):
    """When and for what a key was used last."""

    at: float
    service: str
    region: str


class OidcIssuer(msgspec.Struct, frozen=True):
    """An identity provider whose tokens the account's roles may trust. `url` without its scheme."""

    url: str
    arn: str
    created: float
    clients: tuple[str, ...] = ()
    thumbprints: tuple[str, ...] = ()
    tags: dict[str, str] = msgspec.field(default_factory=dict)
