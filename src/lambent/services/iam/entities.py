"""What every operation begins and ends with: the entity it is about, or the refusal; and writing it back."""

from __future__ import annotations

from typing import TypeVar

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.services.iam import catalogue, errors, names, render
from lambent.services.iam.records import Group, ManagedPolicy, OidcIssuer, Role, User
from lambent.services.iam.repository import Kept, Repository, put
from lambent.store.base import Write

T = TypeVar("T", bound=User | Group | Role | ManagedPolicy | OidcIssuer)

KINDS: dict[str, type[User | Group | Role]] = {"user": User, "group": Group, "role": Role}


class Entities:
    """Identities of the caller's account."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    async def get(self, ctx: Context, kind: type[T], name: str) -> T:
        """An entity by name, or by ARN. Raises ApiError NoSuchEntity."""
        if kind is ManagedPolicy and render.is_aws(name):
            known = catalogue.policy(name)
            if known is None:
                raise errors.no_such_policy(name)
            return known  # type: ignore[return-value]
        found = await self.repository.get(kind, ctx.account, name)
        if found is None:
            raise _absent(kind, name)
        return found

    async def kept(self, ctx: Context, kind: type[T], name: str) -> tuple[T, Kept]:
        """An entity to be written back. Raises ApiError NoSuchEntity."""
        if kind is ManagedPolicy and render.is_aws(name):
            raise errors.unmodifiable(name)
        found = await self.repository.kept(kind, ctx.account, name)
        if found is None:
            raise _absent(kind, name)
        return found

    async def save(
        self, ctx: Context, entity: User | Group | Role | ManagedPolicy | OidcIssuer, kept: Kept, *more: Write
    ) -> None:
        """Write it back. Raises Conflict."""
        await self.repository.commit(put(ctx.account, entity, kept), *more)

    async def attachable(self, ctx: Context, policy_arn: str) -> str:
        """The ARN of a managed policy that exists. Raises ApiError."""
        names.checked_policy_arn(policy_arn)
        if render.is_aws(policy_arn):
            known = catalogue.policy(policy_arn)
        else:
            known = await self.repository.get(ManagedPolicy, ctx.account, policy_arn)
        if known is None:
            raise errors.not_attachable(policy_arn)
        return known.arn

    async def usage(self, ctx: Context) -> dict[str, tuple[int, int]]:
        """How often each managed policy of the account is attached, and how often it is a boundary."""
        attached: dict[str, int] = {}
        bounding: dict[str, int] = {}
        repository = self.repository
        users, roles = await repository.every(User, ctx.account), await repository.every(Role, ctx.account)
        for each in (*users, *roles, *await repository.every(Group, ctx.account)):
            for policy_arn in each.attached:
                attached[policy_arn] = attached.get(policy_arn, 0) + 1
        for boundary in [user.boundary for user in users] + [role.boundary for role in roles]:
            if boundary:
                bounding[boundary] = bounding.get(boundary, 0) + 1
        return {each: (attached.get(each, 0), bounding.get(each, 0)) for each in attached.keys() | bounding.keys()}


def _absent(kind: type, name: str) -> ApiError:
    if kind is ManagedPolicy:
        return errors.no_such_policy(name)
    if kind is OidcIssuer:
        return errors.no_such_provider(name)
    return errors.no_such(kind.__name__.lower(), name)
