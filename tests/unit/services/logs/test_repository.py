"""Records by kind, place and group."""

from __future__ import annotations

from lambent.services.access import Place
from lambent.services.logs.records import Settings, Subscription
from lambent.services.logs.repository import Repository, of_group
from lambent.store.memory import MemoryStore
from tests.unit.services.logs.conftest import AT


async def test_what_belongs_to_a_group_goes_with_it() -> None:
    repository = Repository(MemoryStore())
    for group in ("g", "g2"):
        subscription = Subscription(group=group, name="f", pattern="", destination="d", made_ms=1)
        await repository.put(AT, of_group(group, "f"), subscription)
        await repository.put(AT, of_group(group, "f", "s"), 17)
        await repository.put(AT, group, Settings(1))
    assert await repository.get(int, AT, "g:f:s") == 17
    assert list(await repository.all(Subscription, AT, "g:")) == ["g:f"]
    await repository.drop_group(AT, "g")
    assert list(await repository.all(Subscription, AT)) == ["g2:f"]
    assert await repository.settings(AT, "g") == Settings()
    assert await repository.settings(AT, "g2") == Settings(1)
    assert await repository.settings(Place("1", "x"), "g2") == Settings()
    assert await repository.drop(Subscription, AT, "g2:f") and not await repository.drop(Subscription, AT, "g2:f")
