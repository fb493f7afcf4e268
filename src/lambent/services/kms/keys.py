"""Keys: made, described, switched off and on, deleted after a while, given fresh material, tagged."""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.kms import documents, errors, limits, pages
from lambent.services.kms.keyring import Keyring, check_usable
from lambent.services.kms.records import Key
from lambent.services.kms.repository import again_on_conflict, put_key
from lambent.services.operation import Params, Result, operation

_UNSUPPORTED = {
    "CustomKeyStoreId": "there are no custom key stores",
    "XksKeyId": "there are no custom key stores",
    "MultiRegion": "keys stay in their region",
}


class Keys:
    """CreateKey, DescribeKey, ListKeys, UpdateKeyDescription, EnableKey, DisableKey, ScheduleKeyDeletion,
    CancelKeyDeletion, TagResource, UntagResource, ListResourceTags."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    @operation("CreateKey")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Make a symmetric key."""
        for option, why in _UNSUPPORTED.items():
            if params.get(option):
                raise errors.unsupported(option, why)
        spec = params.get("KeySpec") or params.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT"
        if spec != "SYMMETRIC_DEFAULT" or params.get("KeyUsage", "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
            raise errors.unsupported(f"KeySpec {spec}", "keys are symmetric, and encrypt and decrypt")
        if params.get("Origin", "AWS_KMS") != "AWS_KMS":
            raise errors.unsupported(f"Origin {params['Origin']}", "material is made here")
        bypass = bool(params.get("BypassPolicyLockoutSafetyCheck"))
        policy = params.get("Policy")
        policy = documents.default(ctx.account) if policy is None else documents.checked(ctx, policy, bypass=bypass)
        key_id = ctx.ids.request_id()
        now = ctx.clock.now()
        key = Key(
            id=key_id,
            account=ctx.account,
            region=ctx.region,
            created=now,
            materials=(self._keyring.new_material(ctx, key_id),),
            policy=policy,
            description=params.get("Description", ""),
            rotated=now,
            tags=_tags({}, params.get("Tags", ())),
        )
        await self._keyring.repository.commit(put_key(key))
        return {"KeyMetadata": metadata(key)}

    @operation("DescribeKey")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """A key's metadata."""
        return {"KeyMetadata": metadata(await self._keyring.find(ctx, params["KeyId"]))}

    @operation("ListKeys")
    async def list_keys(self, ctx: Context, params: Params) -> Result:
        """A page of keys."""
        if params.get("ResourceOwners"):
            raise errors.unsupported("ResourceOwners", "only keys of the account are listed")
        size, place = pages.size(params), Place(ctx.account, ctx.region)
        found = await self._keyring.repository.keys(place, after=pages.position(params), limit=size + 1)
        return pages.shown("Keys", found, size, lambda key: key.id, lambda key: {"KeyId": key.id, "KeyArn": key.arn})

    @operation("UpdateKeyDescription")
    @again_on_conflict
    async def update(self, ctx: Context, params: Params) -> Result:
        """Describe a key anew."""
        return await self._change(ctx, params, description=params["Description"])

    @operation("EnableKey")
    @again_on_conflict
    async def enable(self, ctx: Context, params: Params) -> Result:
        """Switch a key on."""
        return await self._change(ctx, params, enabled=True)

    @operation("DisableKey")
    @again_on_conflict
    async def disable(self, ctx: Context, params: Params) -> Result:
        """Switch a key off."""
        return await self._change(ctx, params, enabled=False)

    @operation("ScheduleKeyDeletion")
    @again_on_conflict
    async def schedule_deletion(self, ctx: Context, params: Params) -> Result:
        """Delete a key in 7 to 30 days; it is of no use until then."""
        days = params.get("PendingWindowInDays", limits.DELETION_DAYS)
        at = ctx.clock.now() + days * limits.DAY
        await self._change(ctx, params, deletion=at, enabled=False)
        key = await self._keyring.find(ctx, params["KeyId"])
        return {
            "KeyId": key.arn,
            "DeletionDate": at,
            "KeyState": "PendingDeletion",
            "PendingWindowInDays": days,
        }

    @operation("CancelKeyDeletion")
    @again_on_conflict
    async def cancel_deletion(self, ctx: Context, params: Params) -> Result:
        """Let a key live; it stays switched off."""
        kept = await self._keyring.kept(ctx, params["KeyId"])
        if kept.key.deletion is None:
            raise errors.not_pending_deletion(kept.key.arn)
        await self._keyring.repository.commit(put_key(msgspec.structs.replace(kept.key, deletion=None), kept))
        return {"KeyId": kept.key.arn}

    @operation("TagResource")
    @again_on_conflict
    async def tag(self, ctx: Context, params: Params) -> Result:
        """Add tags to a key."""
        key = (await self._keyring.kept(ctx, params["KeyId"])).key
        return await self._change(ctx, params, tags=_tags(key.tags, params["Tags"]))

    @operation("UntagResource")
    @again_on_conflict
    async def untag(self, ctx: Context, params: Params) -> Result:
        """Take tags from a key."""
        key = (await self._keyring.kept(ctx, params["KeyId"])).key
        left = {name: value for name, value in key.tags.items() if name not in params["TagKeys"]}
        return await self._change(ctx, params, tags=left)

    @operation("ListResourceTags")
    async def list_tags(self, ctx: Context, params: Params) -> Result:
        """A page of a key's tags."""
        key = await self._keyring.find(ctx, params["KeyId"])
        return pages.page(
            params,
            "Tags",
            list(key.tags.items()),
            lambda tag: tag[0],
            lambda tag: {"TagKey": tag[0], "TagValue": tag[1]},
        )

    async def _change(self, ctx: Context, params: Params, **changes: Any) -> Result:
        kept = await self._keyring.kept(ctx, params["KeyId"])
        if kept.key.deletion is not None:
            raise errors.pending_deletion(kept.key.arn)
        await self._keyring.repository.commit(put_key(msgspec.structs.replace(kept.key, **changes), kept))
        return {}


class Rotation:
    """EnableKeyRotation, DisableKeyRotation, GetKeyRotationStatus, RotateKeyOnDemand, ListKeyRotations."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    @operation("EnableKeyRotation")
    @again_on_conflict
    async def enable(self, ctx: Context, params: Params) -> Result:
        """Give a key fresh material every so many days."""
        kept = await self._keyring.kept(ctx, params["KeyId"])
        check_usable(kept.key)
        days = params.get("RotationPeriodInDays", limits.ROTATION_DAYS)
        begun = kept.key.rotated if kept.key.rotation_days else ctx.clock.now()
        changed = msgspec.structs.replace(kept.key, rotation_days=days, rotated=begun)
        await self._keyring.repository.commit(put_key(changed, kept))
        return {}

    @operation("DisableKeyRotation")
    @again_on_conflict
    async def disable(self, ctx: Context, params: Params) -> Result:
        """Leave a key's material as it is."""
        kept = await self._keyring.kept(ctx, params["KeyId"])
        check_usable(kept.key)
        await self._keyring.repository.commit(put_key(msgspec.structs.replace(kept.key, rotation_days=0), kept))
        return {}

    @operation("GetKeyRotationStatus")
    async def status(self, ctx: Context, params: Params) -> Result:
        """Whether and when a key gets fresh material."""
        key = await self._keyring.find(ctx, params["KeyId"])
        result: dict[str, Any] = {"KeyId": key.arn, "KeyRotationEnabled": bool(key.rotation_days)}
        if key.rotation_days:
            result["RotationPeriodInDays"] = key.rotation_days
            result["NextRotationDate"] = key.rotated + key.rotation_days * limits.DAY
        return result

    @operation("RotateKeyOnDemand")
    @again_on_conflict
    async def rotate(self, ctx: Context, params: Params) -> Result:
        """Give a key fresh material now."""
        kept = await self._keyring.kept(ctx, params["KeyId"])
        key = kept.key
        check_usable(key)
        if sum(material.on_demand for material in key.materials) >= limits.ON_DEMAND_ROTATIONS:
            raise errors.limit("on-demand rotations", limits.ON_DEMAND_ROTATIONS)
        material = self._keyring.new_material(ctx, key.id, on_demand=True)
        changed = msgspec.structs.replace(key, materials=(*key.materials, material))
        await self._keyring.repository.commit(put_key(changed, kept))
        return {"KeyId": key.arn}

    @operation("ListKeyRotations")
    async def list_rotations(self, ctx: Context, params: Params) -> Result:
        """A page of the times at which a key got fresh material."""
        key = await self._keyring.find(ctx, params["KeyId"])
        whole = params.get("IncludeKeyMaterial") == "ALL_KEY_MATERIAL"
        found = [(f"{place:06}", material) for place, material in enumerate(key.materials) if place or whole]
        return pages.page(
            params,
            "Rotations",
            found,
            lambda each: each[0],
            lambda each: {
                "KeyId": key.arn,
                "KeyMaterialId": each[1].id,
                "RotationDate": each[1].created,
                "RotationType": "ON_DEMAND" if each[1].on_demand else "AUTOMATIC",
            },
        )


def metadata(key: Key) -> dict[str, Any]:
    """A key as it is shown."""
    shown: dict[str, Any] = {
        "AWSAccountId": key.account,
        "KeyId": key.id,
        "Arn": key.arn,
        "CreationDate": key.created,
        "Enabled": key.enabled and key.deletion is None,
        "Description": key.description,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "PendingDeletion" if key.deletion is not None else "Enabled" if key.enabled else "Disabled",
        "Origin": "AWS_KMS",
        "KeyManager": key.manager,
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False,
        "CurrentKeyMaterialId": key.materials[-1].id,
    }
    if key.deletion is not None:
        shown["DeletionDate"] = key.deletion
    return shown


def _tags(before: dict[str, str], given: Any) -> dict[str, str]:
    new = {tag["TagKey"]: tag["TagValue"] for tag in given}
    if len(new) < len(given):
        raise errors.duplicate_tags()
    if any(name.lower().startswith("aws:") for name in new):
        raise errors.aws_tag()
    if len(before | new) > limits.TAGS:
        raise errors.too_many_tags()
    return before | new
