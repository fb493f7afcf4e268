"""IAM's actions and resources: the user, group, role or policy that a call is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lambent.services.access import UNGUARDED, Guarded, Need, Place
from lambent.services.iam.names import arn
from lambent.services.operation import Params

_KINDS = (("UserName", "user"), ("RoleName", "role"), ("GroupName", "group"), ("PolicyName", "policy"))
_ARNS = ("PolicyArn", "OpenIDConnectProviderArn", "PolicySourceArn")


class IamAccess:
    """How calls of IAM are judged. IAM's resources have no policies of their own that would let anybody do this."""

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """The operation on its entity."""
        keys: dict[str, Sequence[str]] = {}
        if isinstance(policy := params.get("PolicyArn"), str) and ("Attach" in operation or "Detach" in operation):
            keys["iam:policyarn"] = (policy,)
        if isinstance(boundary := params.get("PermissionsBoundary"), str):
            keys["iam:permissionsboundary"] = (boundary,)
        return (Need(f"iam:{operation}", _resource(at, params), at.account, keys),)

    async def guard(self, need: Need) -> Guarded:
        """Nothing."""
        return UNGUARDED


def _resource(at: Place, params: Mapping[str, object]) -> str:
    path = params.get("Path")
    for member, kind in _KINDS:
        if isinstance(name := params.get(member), str):
            return arn(at.account, kind, path if isinstance(path, str) else "/", name)
    return next((value for member in _ARNS if isinstance(value := params.get(member), str)), "*")
