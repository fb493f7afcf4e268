"""What a resource policy can be attached to: a function as a whole, one of its versions, one of its aliases.

A policy has no revision of its own: its RevisionId is the resource's, which changes with every change of it.
"""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.model.function import LATEST, FunctionVersion
from lambent.services.lambda_ import errors
from lambent.services.lambda_.names import Reference, function_arn
from lambent.services.lambda_.repository import (
    Alias,
    Kept,
    Policy,
    Repository,
    drop_policy,
    is_version,
    put_alias,
    put_policy,
    put_version,
)
from lambent.services.operation import Params
from lambent.store.base import ABSENT, Write


class PolicyTarget(msgspec.Struct, frozen=True):
    """A resource and its policy so far. `qualifier` is `$LATEST` for the function as a whole."""

    name: str
    qualifier: str
    arn: str
    holder: Kept[FunctionVersion] | Kept[Alias]
    policy: Kept[Policy] | None

    @property
    def revision_id(self) -> str:
        """The RevisionId of resource and policy."""
        value = self.holder.value
        return value.revision_id if isinstance(value, Alias) else value.shown_revision_id

    def check_revision(self, params: Params) -> None:
        """The caller must have seen the latest change, if it says what it has seen. Raises ApiError."""
        if params.get("RevisionId", self.revision_id) != self.revision_id:
            raise errors.revision_mismatch()

    def changed(self, ctx: Context, document: str | None) -> tuple[str, list[Write]]:
        """The new RevisionId, and what to write for the policy to be `document` (None: none)."""
        revision_id = ctx.ids.request_id()
        expect = ABSENT if self.policy is None else self.policy.revision
        if document is None:
            policy = drop_policy(ctx, self.name, self.qualifier, expect=expect)
        else:
            policy = put_policy(ctx, self.name, self.qualifier, Policy(document), expect=expect)
        return revision_id, [policy, self._touched(ctx, revision_id)]

    def _touched(self, ctx: Context, revision_id: str) -> Write:
        value, revision = self.holder.value, self.holder.revision
        if isinstance(value, Alias):
            alias = msgspec.structs.replace(value, revision_id=revision_id)
            return put_alias(ctx, self.name, alias, expect=revision)
        return put_version(ctx, msgspec.structs.replace(value, touched_id=revision_id), expect=revision)


async def find(repository: Repository, ctx: Context, named: Reference) -> PolicyTarget:
    """The resource that is meant, as it is now. Raises ApiError if there is none."""
    qualifier = named.qualifier or LATEST
    arn = function_arn(ctx, named.name, None if qualifier == LATEST else qualifier)
    if await repository.head(ctx, named.name) is None:
        raise errors.function_not_found(function_arn(ctx, named.name))
    holder: Kept[FunctionVersion] | Kept[Alias] | None
    if is_version(qualifier):
        holder = await repository.kept_version(ctx, named.name, qualifier)
    else:
        holder = await repository.kept_alias(ctx, named.name, qualifier)
    if holder is None:
        raise errors.function_not_found(arn) if is_version(qualifier) else errors.alias_not_found(arn)
    return PolicyTarget(named.name, qualifier, arn, holder, await repository.policy(ctx, named.name, qualifier))
