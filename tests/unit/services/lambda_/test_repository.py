"""Keys, the cache, and what a killed server finds again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lambent.model.function import LATEST, FunctionVersion, UpdateStatus
from lambent.services.lambda_ import repository
from lambent.services.lambda_.repository import Head
from lambent.store.base import Conflict, Write

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


async def stored(world: World) -> FunctionVersion:
    """The version `f:$LATEST`, Active."""
    await world.create()
    await world.settled()
    version = await world.repository.version(world.ctx(), "f", LATEST)
    assert version is not None
    return version


async def test_keys(world: World) -> None:
    await world.create("f", Publish=True)
    await world.settled("f", "1")
    await world.settled()
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=4)
    await world.call("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    await world.call("DeleteFunction", FunctionName="f")
    await world.create("g", Publish=True)
    await world.settled("g", "1")
    await world.settled("g")
    await world.call("CreateAlias", FunctionName="g", Name="live", FunctionVersion="1")
    world.gate.clear()
    await world.call("UpdateFunctionConfiguration", FunctionName="g", Timeout=4)
    root = "000000000000/us-east-1/lambda/"
    assert [record.key for record in await world.store.list("")] == [
        f"{root}alias/g/live",
        f"{root}counter/f",
        f"{root}function/g",
        f"{root}serving/g",
        f"{root}version/g/$LATEST",
        f"{root}version/g/000000000001",
    ]


async def test_cached_until_it_changes(world: World, monkeypatch: Any) -> None:
    version = await stored(world)
    assert await world.repository.version(world.ctx(), "f", LATEST) is version
    await world.repository.commit(repository.put_version(version, version, expect=None))  # type: ignore[arg-type]
    assert await world.repository.version(world.ctx(), "f", LATEST) is not version


async def test_that_there_is_none_is_remembered_until_there_is_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    read = world.store.get

    async def get(key: str) -> Any:
        asked.append(key)
        return await read(key)

    monkeypatch.setattr(world.store, "get", get)
    for _ in range(2):
        assert await world.repository.head(world.ctx(), "f") is None
        assert await world.repository.version(world.ctx(), "f", "7") is None
        assert await world.repository.alias(world.ctx(), "f", "live") is None
        assert await world.repository.policy_document(world.ctx(), "f", LATEST) is None
    assert len(asked) == 4
    await world.repository.commit(repository.put_head(world.ctx(), Head("f", 1.0)))
    assert await world.repository.head(world.ctx(), "f") == Head("f", 1.0)


async def test_long_names_of_strangers_are_not_remembered(world: World) -> None:
    before = dict(world.repository._cache)
    for long in ("n" * 60_000, "a" * 60_000):
        assert await world.repository.head(world.ctx(), long) is None
        assert await world.repository.policy_document(world.ctx(), "f", long) is None
    assert world.repository._cache == before


async def test_a_change_told_on_the_bus_drops_the_cached_value(world: World) -> None:
    version = await stored(world)
    changed = msgspec.structs.replace(version, timeout=77)
    key = "000000000000/us-east-1/lambda/version/f/$LATEST"
    await world.store.put(key, msgspec.msgpack.encode(changed))
    assert await world.repository.version(world.ctx(), "f", LATEST) is version
    world.bus.publish(repository.TOPIC, key)
    found = await world.repository.version(world.ctx(), "f", LATEST)
    assert found is not None
    assert found.timeout == 77


async def test_a_read_that_a_write_overtook_is_not_cached(world: World, monkeypatch: Any) -> None:
    version = await stored(world)
    world.repository._cache.clear()
    read, go_on = asyncio.Event(), asyncio.Event()
    get = world.store.get

    async def slow(key: str) -> Any:
        record = await get(key)
        read.set()
        await go_on.wait()
        return record

    monkeypatch.setattr(world.store, "get", slow)
    reading = asyncio.create_task(world.repository.version(world.ctx(), "f", LATEST))
    await read.wait()
    changed = msgspec.structs.replace(version, timeout=77)
    await world.repository.commit(repository.put_version(version, changed, expect=None))  # type: ignore[arg-type]
    go_on.set()
    assert (await reading).timeout == version.timeout  # type: ignore[union-attr]
    assert (await world.repository.version(world.ctx(), "f", LATEST)).timeout == 77  # type: ignore[union-attr]


async def test_runnable(world: World) -> None:
    version = await stored(world)
    assert await world.repository.runnable(world.ctx(), "f", LATEST) is version
    begun = msgspec.structs.replace(version, last_update_status=UpdateStatus.IN_PROGRESS, timeout=9)
    kept = await world.repository.kept_version(version, "f", LATEST)
    assert kept is not None
    writes = [repository.put_version(version, begun, expect=kept.revision), repository.put_serving(version, version)]
    await world.repository.commit(*writes)
    assert await world.repository.runnable(world.ctx(), "f", LATEST) == version
    await world.repository.commit(repository.drop_serving(version, "f"))
    assert await world.repository.runnable(world.ctx(), "f", LATEST) == begun
    assert await world.repository.runnable(world.ctx(), "nobody", LATEST) is None


async def test_everything_is_what_is_of_lambda(world: World) -> None:
    await stored(world)
    for key in ("000000000000/aws-global/iam/alias", "iam/key/AKIA", "0/r/sqs/queue/lambda/x", "x"):
        await world.store.transact([Write(key, b"")])
    found = [(at.account, at.region, kind) async for at, kind, _ in world.repository.everything()]
    assert found == [("000000000000", "us-east-1", kind) for kind in ("function", "version")]


async def test_a_write_over_somebody_elses_change_is_refused(world: World) -> None:
    version = await stored(world)
    head = await world.repository.kept_head(world.ctx(), "f")
    assert head is not None
    with pytest.raises(Conflict):
        await world.repository.commit(repository.put_head(version, head.value, expect=head.revision + 1))
    with pytest.raises(Conflict):
        await world.repository.commit(repository.put_version(version, version))


async def test_the_cache_is_bounded(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(repository, "_CACHED", 3)
    for number in range(5):
        await world.create(f"f{number}")
        await world.settled(f"f{number}")
    assert len(world.repository._cache) <= 3


@pytest.mark.parametrize(
    ("qualifier", "is_one"),
    [("$LATEST", True), ("1", True), ("10", True), ("0", False), ("01", False), ("live", False), ("²", False)],
)
def test_is_version(qualifier: str, is_one: bool) -> None:
    assert repository.is_version(qualifier) is is_one


async def test_heads_from_before_a_field_existed_can_be_read(world: World) -> None:
    await world.store.put(
        "000000000000/us-east-1/lambda/function/old", msgspec.msgpack.encode({"name": "old", "created": 1.5})
    )
    head = await world.repository.kept_head(world.ctx(), "old")
    assert head is not None
    assert head.value == Head("old", 1.5)
    assert [head.name for head in await world.repository.heads(world.ctx(), limit=9)] == ["old"]


async def test_what_users_hide_is_secret(world: World) -> None:
    await world.create(Environment={"Variables": {"A": "b"}}, Publish=True)
    await world.settled("f", "1")
    kinds = {record.key.split("/")[3]: repository.is_secret(record.key) for record in await world.store.list("")}
    assert kinds == {"function": False, "version": True}
    assert repository.is_secret("0/r/lambda/serving/f")
    assert repository.is_secret("0/r/lambda/mapping/u")
    assert not repository.is_secret("0/r/sqs/version/f")
    assert not repository.is_secret("version")
