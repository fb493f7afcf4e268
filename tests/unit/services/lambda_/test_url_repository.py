"""Addresses by function and by id; what is remembered of those that are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lambent.model.function_url import FunctionUrl
from lambent.services.lambda_.url_repository import drop_url, put_url

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ONE = FunctionUrl("a" * 32, "000000000000", "us-east-1", "f", "", "NONE", 1.0, 1.0)
TWO = msgspec.structs.replace(ONE, id="b" * 32, qualifier="live")
OTHER = msgspec.structs.replace(ONE, id="c" * 32, name="ff")


async def test_a_life(world: World) -> None:
    ctx, urls = world.ctx(), world.urls
    for each in (TWO, ONE, OTHER):
        await urls.commit(*put_url(each))
    assert await urls.urls(ctx, "f", limit=9) == [ONE, TWO]
    assert await urls.urls(ctx, "f", after="$LATEST", limit=9) == [TWO]
    assert await urls.called(ONE.id) == ONE
    kept = await urls.url(ctx, "f", "")
    assert kept is not None
    changed = msgspec.structs.replace(ONE, auth_type="AWS_IAM")
    await urls.commit(*put_url(changed, expect=kept.revision))
    assert await urls.called(ONE.id) == changed
    await urls.commit(*await urls.dropped(ctx, "f", "live"))
    assert await urls.dropped(ctx, "f", "live") == []
    assert (await urls.called(TWO.id), await urls.called(ONE.id)) == (None, changed)
    await urls.commit(*await urls.dropped(ctx, "f"))
    assert await urls.called(ONE.id) is None
    await urls.commit(*drop_url(OTHER))
    assert await world.store.list("") == []
    assert await urls.called("nobody") is None
