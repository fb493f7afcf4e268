"""The key that a caller means, fit for what it is wanted for; and its material, unsealed."""

from __future__ import annotations

import os
import re

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.kms import errors, limits
from lambent.services.kms.records import Key, Material
from lambent.services.kms.repository import Kept, Repository, drop_key, put_key
from lambent.store.base import Conflict
from lambent.store.seal import Seal

_ARN = re.compile(r"arn:aws[a-z-]*:kms:([a-z0-9-]+):(\d{12}):(key|alias)/(.+)")
_MATERIAL_BYTES = 32


class Keyring:
    """Finds keys by id, ARN, alias or alias ARN; makes and unseals material."""

    def __init__(self, repository: Repository, seal: Seal) -> None:
        self.repository = repository
        self._seal = seal

    async def locate(self, at: Place, identifier: str) -> tuple[Place, str]:
        """Where a key is said to be, and its id; aliases are followed. Raises ApiError."""
        found = _ARN.fullmatch(identifier)
        if found is None:
            if identifier.startswith("arn:"):
                raise errors.bad_arn(identifier)
            place, kind, name = at, "key", identifier
            if identifier.startswith("alias/"):
                kind, name = "alias", identifier.removeprefix("alias/")
        else:
            place, kind, name = Place(found[2], found[1]), found[3], found[4]
        if place.region != at.region:
            raise errors.bad_arn(identifier)
        if kind == "key":
            return place, name
        alias = await self.repository.alias(place, f"alias/{name}")
        if alias is None:
            raise errors.no_such_alias(f"arn:aws:kms:{place.region}:{place.account}:alias/{name}")
        return place, alias.key_id

    async def find(self, ctx: Context, identifier: str) -> Key:
        """A key that exists, in whatever state. Raises ApiError."""
        place, key_id = await self.locate(Place(ctx.account, ctx.region), identifier)
        key = await self.repository.key(place, key_id)
        return await self._alive(ctx, place, key_id, key)

    async def kept(self, ctx: Context, identifier: str) -> Kept:
        """A key to be changed, which must be named as such. Raises ApiError."""
        if identifier.startswith("alias/") or ":alias/" in identifier:
            raise errors.alias_is_key()
        place, key_id = await self.locate(Place(ctx.account, ctx.region), identifier)
        kept = await self.repository.kept(place, key_id)
        await self._alive(ctx, place, key_id, None if kept is None else kept.key)
        assert kept is not None
        return kept

    async def usable(self, ctx: Context, identifier: str) -> Key:
        """A key that may encrypt, its material changed if that is due. Raises ApiError."""
        key = await self.find(ctx, identifier)
        check_usable(key)
        if key.rotation_days and ctx.clock.now() >= key.rotated + key.rotation_days * limits.DAY:
            kept = await self.repository.kept(Place(key.account, key.region), key.id)
            if kept is not None and kept.key.rotated == key.rotated:
                changed = msgspec.structs.replace(
                    kept.key, materials=(*key.materials, self.new_material(ctx, key.id)), rotated=ctx.clock.now()
                )
                try:
                    await self.repository.commit(put_key(changed, kept))
                except Conflict:
                    return await self.usable(ctx, identifier)
                return changed
        return key

    def new_material(self, ctx: Context, key_id: str, *, on_demand: bool = False) -> Material:
        """Fresh material for a key."""
        sealed = self._seal.close(os.urandom(_MATERIAL_BYTES), key_id.encode())
        return Material(ctx.ids.hex(64), sealed, ctx.clock.now(), on_demand)

    def unsealed(self, key: Key, material: Material) -> bytes:
        """What encrypts. Raises PlatformError."""
        return self._seal.open(material.sealed, key.id.encode())

    async def _alive(self, ctx: Context, place: Place, key_id: str, key: Key | None) -> Key:
        """The key, unless its time is over: then it goes, and its material with it."""
        if key is not None and (key.deletion is None or ctx.clock.now() < key.deletion):
            return key
        if key is not None:
            kept = await self.repository.kept(place, key_id)
            if kept is not None and kept.key.deletion == key.deletion:
                await self.repository.commit(drop_key(kept))
        raise errors.no_such_key(f"arn:aws:kms:{place.region}:{place.account}:key/{key_id}")


def check_usable(key: Key) -> None:
    """Raise ApiError unless a key may encrypt and decrypt."""
    if key.deletion is not None:
        raise errors.pending_deletion(key.arn)
    if not key.enabled:
        raise errors.disabled(key.arn)
