"""What calls of STS need: the trust policy of a role decides who may assume it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lambent.policy.index import PolicySet
from lambent.services.access import UNGUARDED, Guarded, Need, Place
from lambent.services.iam.identities import Identities
from lambent.services.operation import Params

_FREE = frozenset({"GetCallerIdentity", "GetSessionToken", "AssumeRoleWithWebIdentity"})
"""AWS lets everybody do these, whatever policies say; a token of an identity provider is judged with the role."""


class StsAccess:
    """How calls of STS are judged."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """The role that is to be assumed; session tags and a source identity must be allowed besides."""
        if operation in _FREE:
            return ()
        role = params.get("RoleArn")
        if operation != "AssumeRole" or not isinstance(role, str):
            return (Need(f"sts:{operation}", "*", at.account),)
        account = role.split(":")[4] if role.count(":") >= 5 else at.account
        keys = _keys(params)
        actions = ["sts:AssumeRole"]
        if params.get("Tags"):
            actions.append("sts:TagSession")
        if params.get("SourceIdentity"):
            actions.append("sts:SetSourceIdentity")
        return tuple(Need(action, role, account, keys) for action in actions)

    async def guard(self, need: Need) -> Guarded:
        """A role's trust policy and tags. A role that is not there trusts nobody."""
        if need.resource == "*":
            return UNGUARDED
        role = await self._identities.role(need.account, need.resource.rpartition("/")[2])
        if role is None or role.arn != need.resource:
            return Guarded(PolicySet([]), decides=True)
        return Guarded(role.trust, role.tags, decides=True)


def _keys(params: Params) -> Mapping[str, Sequence[str]]:
    keys: dict[str, Sequence[str]] = {}
    for member, key in (
        ("ExternalId", "sts:externalid"),
        ("RoleSessionName", "sts:rolesessionname"),
        ("SourceIdentity", "sts:sourceidentity"),
    ):
        if isinstance(value := params.get(member), str):
            keys[key] = (value,)
    # Whatever is missing of them is refused after this.
    if tags := {tag.get("Key", ""): tag.get("Value", "") for tag in params.get("Tags") or ()}:
        keys["aws:tagkeys"] = tuple(tags)
        keys |= {f"aws:requesttag/{name.lower()}": (value,) for name, value in tags.items()}
    return keys
