"""Where configurations are kept."""

from __future__ import annotations

import pytest

from lambent.services.access import Place
from lambent.services.lambda_.event_invoke_repository import EventInvokeConfig, EventInvokeRepository
from lambent.store.base import Conflict
from lambent.store.memory import MemoryStore

AT = Place("1", "r")


async def test_a_life() -> None:
    store = MemoryStore()
    configs = EventInvokeRepository(store)
    await configs.put(AT, "f", EventInvokeConfig("$LATEST", 1.0, retries=0))
    found = await configs.config(AT, "f", "$LATEST")
    assert found is not None
    config, revision = found
    assert config.retries == 0
    await configs.put(AT, "f", config, expect=revision)
    with pytest.raises(Conflict):
        await configs.put(AT, "f", config, expect=revision)
    assert await configs.config(AT, "g", "$LATEST") is None
    await store.transact(await configs.dropped(AT, "f"))
    assert not await configs.drop(AT, "f", "$LATEST")
