"""The secret that a caller means: by its name, its ARN, or its ARN without what it ends with."""

from __future__ import annotations

import re

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.secretsmanager import errors
from lambent.services.secretsmanager.repository import Kept, Repository

_ARN = re.compile(r"arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):(\d{12}):secret:(.+)")
_SUFFIXED = re.compile(r"(.+)-([A-Za-z0-9]{6})")


class Finder:
    """Finds secrets, and buries those whose time is over."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def found(self, at: Place, identifier: str, now: float) -> Kept | None:
        """The secret, in whatever state."""
        place, names = _read(at, identifier)
        if place.region != at.region:
            return None
        for name, suffix in names:
            kept = await self._repository.secret(place, name)
            if kept is None or (suffix and kept.secret.suffix != suffix):
                continue
            if kept.secret.gone is not None and now >= kept.secret.gone:
                await self._repository.drop(kept)
                return None
            return kept
        return None

    async def kept(self, ctx: Context, identifier: str) -> Kept:
        """A secret in whatever state. Raises ApiError."""
        kept = await self.found(Place(ctx.account, ctx.region), identifier, ctx.clock.now())
        if kept is None:
            raise errors.no_such_secret()
        return kept

    async def alive(self, ctx: Context, identifier: str) -> Kept:
        """A secret that does not wait for its deletion. Raises ApiError."""
        kept = await self.kept(ctx, identifier)
        if kept.secret.deleted is not None:
            raise errors.marked_for_deletion()
        return kept


def _read(at: Place, identifier: str) -> tuple[Place, list[tuple[str, str]]]:
    """Where it is said to be, and the (name, suffix) that it may have, the likelier first."""
    arn = _ARN.fullmatch(identifier)
    if arn is None:
        return at, [(identifier, "")]
    names = [(arn[3], "")]
    if suffixed := _SUFFIXED.fullmatch(arn[3]):
        names.insert(0, (suffixed[1], suffixed[2]))
    return Place(arn[2], arn[1]), names
