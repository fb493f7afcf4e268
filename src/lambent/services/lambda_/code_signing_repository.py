"""Where code signing configurations are kept: `ACCOUNT/REGION/lambda/signing/ID` (CodeSigningConfig)."""

from __future__ import annotations

import msgspec

from lambent.services.lambda_.names import Place
from lambent.services.lambda_.repository import Kept
from lambent.store.base import ABSENT, Store, Write

_PREFIX = ":code-signing-config:"


class CodeSigningConfig(msgspec.Struct, frozen=True):
    """Which profile versions (by ARN) may sign, and whether anything else is only warned of, or refused.

    `policy` is `Warn` or `Enforce`; `modified` in seconds since the epoch.
    """

    id: str
    profiles: tuple[str, ...]
    modified: float
    policy: str = "Warn"
    description: str = ""
    tags: dict[str, str] = msgspec.field(default_factory=dict)


_CONFIGS = msgspec.msgpack.Decoder(CodeSigningConfig)


class CodeSigningRepository:
    """Configurations of every account and region, read from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def config(self, at: Place, arn: str) -> Kept[CodeSigningConfig] | None:
        """The configuration with that ARN, to be written back; None also for one of another account or region."""
        place, _, config_id = arn.partition(_PREFIX)
        if place != f"arn:aws:lambda:{at.region}:{at.account}":
            return None
        record = await self._store.get(_key(at, config_id))
        return None if record is None else Kept(_CONFIGS.decode(record.value), record.revision)

    async def configs(self, at: Place, *, after: str = "", limit: int) -> list[CodeSigningConfig]:
        """Configurations by id, from the one after the id `after`."""
        start = _key(at, after) if after else ""
        records = await self._store.list(_key(at, ""), after=start, limit=limit)
        return [_CONFIGS.decode(record.value) for record in records]


def put_config(at: Place, config: CodeSigningConfig, *, expect: int = ABSENT) -> Write:
    """Write a configuration over the revision that was read (or over nothing)."""
    return Write(_key(at, config.id), msgspec.msgpack.encode(config), expect)


def drop_config(at: Place, config: CodeSigningConfig, *, expect: int) -> Write:
    """Delete a configuration at the revision that was read."""
    return Write(_key(at, config.id), None, expect)


def config_arn(at: Place, config: CodeSigningConfig) -> str:
    """The ARN of a configuration there."""
    return f"arn:aws:lambda:{at.region}:{at.account}{_PREFIX}{config.id}"


def _key(at: Place, config_id: str) -> str:
    return f"{at.account}/{at.region}/lambda/signing/{config_id}"
