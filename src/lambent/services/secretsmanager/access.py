"""What calls of Secrets Manager need, and the policies of secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from lambent.context import Clock
from lambent.policy.document import Malformed, Use, parse
from lambent.policy.index import PolicySet
from lambent.services.access import UNGUARDED, Guarded, Need, Place
from lambent.services.operation import Params
from lambent.services.secretsmanager.finding import Finder

_COMPILED = 2048
_ABOUT_NOTHING = frozenset({"ListSecrets", "GetRandomPassword", "BatchGetSecretValue"})
_CONDITIONS: Mapping[str, str] = {
    "SecretId": "secretsmanager:secretid",
    "Name": "secretsmanager:name",
    "VersionId": "secretsmanager:versionid",
    "VersionStage": "secretsmanager:versionstage",
    "Description": "secretsmanager:description",
    "RecoveryWindowInDays": "secretsmanager:recoverywindowindays",
    "ForceDeleteWithoutRecovery": "secretsmanager:forcedeletewithoutrecovery",
    "BlockPublicPolicy": "secretsmanager:blockpublicpolicy",
}
_UNKNOWN_SUFFIX = "-??????"


class SecretsAccess:
    """How calls of Secrets Manager are judged."""

    def __init__(self, finder: Finder, clock: Clock) -> None:
        self._finder = finder
        self._clock = clock

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """The operation on its secret; a secret that is not there yet has an ARN whose end nobody knows."""
        action = f"secretsmanager:{operation}"
        keys = {
            key: (str(value).lower() if isinstance(value, bool) else str(value),)
            for option, key in _CONDITIONS.items()
            if isinstance(value := params.get(option), str | int | bool)
        }
        identifier = params.get("Name") if operation == "CreateSecret" else params.get("SecretId")
        if operation == "ValidateResourcePolicy" and not identifier:
            return (Need(action, "*", at.account, keys),)
        if operation in _ABOUT_NOTHING or not isinstance(identifier, str):
            return (Need(action, "*", at.account, keys),)
        kept = None if operation == "CreateSecret" else await self._finder.found(at, identifier, self._clock.now())
        if kept is not None:
            secret = kept.secret
            keys |= {f"secretsmanager:resourcetag/{name.lower()}": (value,) for name, value in secret.tags.items()}
            return (Need(action, secret.arn, secret.account, keys),)
        if identifier.startswith("arn:") and identifier.count(":") >= 6:
            return (Need(action, identifier, identifier.split(":")[4], keys),)
        arn = f"arn:aws:secretsmanager:{at.region}:{at.account}:secret:{identifier}{_UNKNOWN_SUFFIX}"
        return (Need(action, arn, at.account, keys),)

    async def guard(self, need: Need) -> Guarded:
        """A secret's policy and tags."""
        parts = need.resource.split(":")
        if len(parts) < 7:
            return UNGUARDED
        kept = await self._finder.found(Place(parts[4], parts[3]), need.resource, self._clock.now())
        if kept is None:
            return UNGUARDED
        policy = kept.secret.policy
        return Guarded(None if policy is None else _compiled(policy), kept.secret.tags)


@lru_cache(_COMPILED)
def _compiled(document: str) -> PolicySet:
    """A secret's policy, which was checked when it came. What is no policy all the same allows nothing."""
    try:
        return PolicySet([parse(document, Use.RESOURCE, "resource policy")])
    except Malformed:
        return PolicySet([])
