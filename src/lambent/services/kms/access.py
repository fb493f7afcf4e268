"""What calls of KMS need: a key's policy allows, or lets the account's policies decide; grants allow beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from lambent.model.errors import ApiError
from lambent.policy.document import Malformed, Policy, Use, parse
from lambent.policy.index import PolicySet
from lambent.services.access import UNGUARDED, Guarded, Need, Place
from lambent.services.kms import ciphertext
from lambent.services.kms.ciphertext import Wrong
from lambent.services.kms.keyring import Keyring
from lambent.services.kms.records import Grant, Key
from lambent.services.operation import Params

_COMPILED = 2048
_ABOUT_NOTHING = frozenset({"CreateKey", "ListKeys", "GenerateRandom", "ListRetirableGrants"})
_CRYPTOGRAPHIC = frozenset(
    {"Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo"}
)


class KmsAccess:
    """How calls of KMS are judged."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._sets: dict[str, tuple[Key, list[Grant], PolicySet]] = {}
        """Of a key by its ARN what was compiled from which records: decisions are remembered by the set itself."""

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """The operation on its key; re-encryption needs both."""
        if operation in _ABOUT_NOTHING or (operation == "ListAliases" and not params.get("KeyId")):
            return (Need(f"kms:{operation}", "*", at.account),)
        if operation == "ReEncrypt":
            source = params.get("SourceKeyId")
            first = await self._need("ReEncryptFrom", at, source, params, params.get("SourceEncryptionContext"))
            second = await self._need(
                "ReEncryptTo", at, params.get("DestinationKeyId"), params, params.get("DestinationEncryptionContext")
            )
            return second, first
        context = params.get("EncryptionContext")
        if operation in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
            alias = Need(
                f"kms:{operation}", f"arn:aws:kms:{at.region}:{at.account}:{params.get('AliasName')}", at.account
            )
            target = params.get("TargetKeyId") or params.get("AliasName")
            return alias, await self._need(operation, at, target, params, context)
        return (await self._need(operation, at, params.get("KeyId"), params, context),)

    async def guard(self, need: Need) -> Guarded:
        """A key's policy, its grants and its tags. What is no key allows nothing that the account's policies do not."""
        parts = need.resource.split(":")
        if len(parts) < 6 or not parts[5].startswith("key/"):
            return UNGUARDED
        place, key_id = Place(parts[4], parts[3]), parts[5].removeprefix("key/")
        key = await self._keyring.repository.key(place, key_id)
        if key is None:
            return UNGUARDED
        grants = await self._keyring.repository.grants(place, key_id)
        return Guarded(self._set(need.resource, key, grants), key.tags, decides=True)

    def _set(self, arn: str, key: Key, grants: list[Grant]) -> PolicySet:
        known = self._sets.get(arn)
        if known is not None and known[0] is key and known[1] is grants:
            return known[2]
        if len(self._sets) >= _COMPILED:
            self._sets.clear()
        policies = [_compiled(key.policy), *([_as_policy(grants)] if grants else [])]
        compiled = PolicySet(policies)
        self._sets[arn] = key, grants, compiled
        return compiled

    async def _need(
        self, action: str, at: Place, identifier: Any, params: Params, context: Mapping[str, str] | None
    ) -> Need:
        blob = params.get("CiphertextBlob")
        keys: dict[str, Sequence[str]] = {"kms:calleraccount": (at.account,)}
        place, key_id = at, ""
        try:
            if isinstance(blob, bytes) and action in ("Decrypt", "ReEncryptFrom"):
                label = ciphertext.read(blob)
                place, key_id = Place(label.account, at.region), label.key_id
            elif isinstance(identifier, str):
                place, key_id = await self._keyring.locate(at, identifier)
        except (ApiError, Wrong):
            return Need(f"kms:{action}", "*", at.account)  # the service says what is wrong, to those who may ask
        if isinstance(identifier, str) and "alias/" in identifier:
            keys["kms:requestalias"] = ("alias/" + identifier.partition("alias/")[2],)
        if context:
            keys["kms:encryptioncontextkeys"] = tuple(context)
            keys |= {f"kms:encryptioncontext:{name.lower()}": (value,) for name, value in context.items()}
        arn = f"arn:aws:kms:{place.region}:{place.account}:key/{key_id}"
        return Need(f"kms:{action}", arn, place.account, keys)


@lru_cache(_COMPILED)
def _compiled(document: str) -> Policy:
    """A key's policy, which was checked when it came. What is no policy all the same allows nothing."""
    try:
        return parse(document, Use.RESOURCE, "key policy")
    except Malformed:
        return Policy("key policy", ())


def _as_policy(grants: Iterable[Grant]) -> Policy:
    """Grants, said in the language of policies."""
    statements = []
    for grant in grants:
        cryptographic = [each for each in grant.operations if each in _CRYPTOGRAPHIC]
        others = [each for each in grant.operations if each not in _CRYPTOGRAPHIC]
        for operations, conditions in ((cryptographic, _conditions(grant)), (others, {})):
            if operations:
                statements.append(_statement(grant.grantee, operations, conditions))
        if grant.retiring:
            statements.append(_statement(grant.retiring, ["RetireGrant"], {}))
    document = msgspec.json.encode({"Version": "2012-10-17", "Statement": statements})
    return parse(document, Use.RESOURCE, "grants")


def _statement(principal: str, operations: Sequence[str], conditions: Mapping[str, Any]) -> dict[str, Any]:
    kind = "Service" if principal.endswith(".amazonaws.com") else "AWS"
    return {
        "Effect": "Allow",
        "Principal": {kind: principal},
        "Action": [f"kms:{each}" for each in operations],
        "Resource": "*",
        "Condition": conditions,
    }


def _conditions(grant: Grant) -> dict[str, Any]:
    wanted = grant.equals if grant.equals is not None else grant.subset
    conditions: dict[str, Any] = {}
    if wanted:
        conditions["StringEquals"] = {f"kms:EncryptionContext:{name}": value for name, value in wanted.items()}
    if grant.equals is not None:
        if grant.equals:
            conditions["ForAllValues:StringEqualsIgnoreCase"] = {"kms:EncryptionContextKeys": list(grant.equals)}
        else:
            conditions["Null"] = {"kms:EncryptionContextKeys": "true"}
    if grant.source_arn:
        conditions["ArnLike"] = {"aws:SourceArn": grant.source_arn}
    return conditions
