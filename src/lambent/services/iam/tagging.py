"""Tags of users, roles, managed policies and identity providers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from lambent.context import Context
from lambent.services.iam import errors, limits, names, pages
from lambent.services.iam.entities import Entities
from lambent.services.iam.records import ManagedPolicy, OidcIssuer, Role, User
from lambent.services.iam.repository import again_on_conflict
from lambent.services.operation import Params, Result, operation

Tagged = TypeVar("Tagged", User, Role, ManagedPolicy, OidcIssuer)


def tags_of(given: Iterable[Mapping[str, str]], before: Mapping[str, str] | None = None) -> dict[str, str]:
    """A list of tags as a dictionary, over those that were there. Raises ApiError."""
    listed = list(given)
    if len({tag["Key"].lower() for tag in listed}) < len(listed):
        raise errors.duplicate_tags()
    new = {tag["Key"]: tag["Value"] for tag in listed}
    folded = {key.lower() for key in new}
    kept = {key: value for key, value in (before or {}).items() if key.lower() not in folded}
    if len(kept) + len(new) > limits.TAGS:
        raise errors.quota("TagsPerEntity", limits.TAGS)
    return kept | new


class Tagging:
    """TagX, UntagX and ListXTags of whatever has tags."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    @operation("TagUser")
    @again_on_conflict
    async def tag_user(self, ctx: Context, params: Params) -> Result:
        """Add tags to a user."""
        return await self._tag(ctx, User, params["UserName"], params)

    @operation("TagRole")
    @again_on_conflict
    async def tag_role(self, ctx: Context, params: Params) -> Result:
        """Add tags to a role."""
        return await self._tag(ctx, Role, params["RoleName"], params)

    @operation("TagPolicy")
    @again_on_conflict
    async def tag_policy(self, ctx: Context, params: Params) -> Result:
        """Add tags to a managed policy."""
        return await self._tag(ctx, ManagedPolicy, names.checked_policy_arn(params["PolicyArn"]), params)

    @operation("TagOpenIDConnectProvider")
    @again_on_conflict
    async def tag_provider(self, ctx: Context, params: Params) -> Result:
        """Add tags to an identity provider."""
        return await self._tag(ctx, OidcIssuer, params["OpenIDConnectProviderArn"], params)

    @operation("UntagUser")
    @again_on_conflict
    async def untag_user(self, ctx: Context, params: Params) -> Result:
        """Take tags from a user."""
        return await self._untag(ctx, User, params["UserName"], params)

    @operation("UntagRole")
    @again_on_conflict
    async def untag_role(self, ctx: Context, params: Params) -> Result:
        """Take tags from a role."""
        return await self._untag(ctx, Role, params["RoleName"], params)

    @operation("UntagPolicy")
    @again_on_conflict
    async def untag_policy(self, ctx: Context, params: Params) -> Result:
        """Take tags from a managed policy."""
        return await self._untag(ctx, ManagedPolicy, names.checked_policy_arn(params["PolicyArn"]), params)

    @operation("UntagOpenIDConnectProvider")
    @again_on_conflict
    async def untag_provider(self, ctx: Context, params: Params) -> Result:
        """Take tags from an identity provider."""
        return await self._untag(ctx, OidcIssuer, params["OpenIDConnectProviderArn"], params)

    @operation("ListUserTags")
    async def list_user_tags(self, ctx: Context, params: Params) -> Result:
        """A page of a user's tags."""
        return await self._list(ctx, User, params["UserName"], params)

    @operation("ListRoleTags")
    async def list_role_tags(self, ctx: Context, params: Params) -> Result:
        """A page of a role's tags."""
        return await self._list(ctx, Role, params["RoleName"], params)

    @operation("ListPolicyTags")
    async def list_policy_tags(self, ctx: Context, params: Params) -> Result:
        """A page of a managed policy's tags."""
        return await self._list(ctx, ManagedPolicy, names.checked_policy_arn(params["PolicyArn"]), params)

    @operation("ListOpenIDConnectProviderTags")
    async def list_provider_tags(self, ctx: Context, params: Params) -> Result:
        """A page of an identity provider's tags."""
        return await self._list(ctx, OidcIssuer, params["OpenIDConnectProviderArn"], params)

    async def _tag(self, ctx: Context, kind: type[Tagged], name: str, params: Params) -> Result:
        entity, kept = await self._entities.kept(ctx, kind, name)
        await self._entities.save(ctx, msgspec.structs.replace(entity, tags=tags_of(params["Tags"], entity.tags)), kept)
        return {}

    async def _untag(self, ctx: Context, kind: type[Tagged], name: str, params: Params) -> Result:
        entity, kept = await self._entities.kept(ctx, kind, name)
        gone = {key.lower() for key in params["TagKeys"]}
        left = {key: value for key, value in entity.tags.items() if key.lower() not in gone}
        await self._entities.save(ctx, msgspec.structs.replace(entity, tags=left), kept)
        return {}

    async def _list(self, ctx: Context, kind: type[Tagged], name: str, params: Params) -> Result:
        entity = await self._entities.get(ctx, kind, name)
        return pages.page(
            params, "Tags", list(entity.tags.items()), lambda tag: tag[0], lambda tag: {"Key": tag[0], "Value": tag[1]}
        )
