"""What calls of Pipes need. Pipes have tags, and no policies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from lambent.services.access import UNGUARDED, Guarded, Need, Place
from lambent.services.operation import Params
from lambent.services.pipes.repository import Repository

SERVICE = "pipes.amazonaws.com"
"""Who assumes the roles of pipes."""


Trusts = Callable[[str, str], Awaitable[bool]]
"""Whether a role (by ARN) exists and lets a service assume it."""


class PipesAccess:
    """How calls of Pipes are judged."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """The operation on its pipe; for a role that is passed, that too."""
        resource = "*"
        if isinstance(arn := params.get("resourceArn"), str):
            resource = arn
        elif isinstance(name := params.get("Name"), str):
            resource = f"arn:aws:pipes:{at.region}:{at.account}:pipe/{name}"
        own = Need(f"pipes:{operation}", resource, at.account, _tag_keys(params))
        role = params.get("RoleArn")
        if isinstance(role, str) and role:
            return own, Need("iam:PassRole", role, at.account, {"iam:passedtoservice": (SERVICE,)})
        return (own,)

    async def guard(self, need: Need) -> Guarded:
        """The tags of a pipe."""
        parts = need.resource.split(":")
        if len(parts) != 6 or not parts[5].startswith("pipe/"):
            return UNGUARDED
        kept = await self._repository.pipe(Place(parts[4], parts[3]), parts[5].removeprefix("pipe/"))
        return UNGUARDED if kept is None or not kept.pipe.tags else Guarded(tags=kept.pipe.tags)


def _tag_keys(params: Params) -> dict[str, Sequence[str]]:
    """The condition keys of the tags that a call sets or takes away."""
    given = params.get("Tags") or params.get("tags") or {}
    tags = {key: value for key, value in given.items() if isinstance(value, str)} if isinstance(given, dict) else {}
    names = [*tags, *(params.get("tagKeys") or ())]
    keys: dict[str, Sequence[str]] = {f"aws:requesttag/{key.lower()}": (value,) for key, value in tags.items()}
    return keys | ({"aws:tagkeys": names} if names else {})
