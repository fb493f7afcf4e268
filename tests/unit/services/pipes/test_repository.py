from __future__ import annotations

import pytest

from lambent.services.access import Place
from lambent.services.pipes.records import Pipe
from lambent.services.pipes.repository import is_secret
from lambent.store.base import Conflict
from tests.unit.services.pipes.conftest import ACCOUNT, BASE, REGION, World

AT = Place(ACCOUNT, REGION)


async def test_pipes_are_kept_apart_from_other_records(world: World) -> None:
    pipe, other = Pipe(**BASE), Pipe(**(BASE | {"region": "eu-central-1"}))
    await world.store.put("000000000000/us-east-1/lambda/function/a/b", b"")
    for each in (pipe, other):
        await world.repository.put(each)
    assert [each async for each in world.repository.everything()] == [other, pipe]
    assert await world.repository.pipes(AT) == [pipe]
    assert await world.repository.pipes(AT, after="p") == []
    assert await world.repository.count(AT) == 1


async def test_a_pipe_is_written_back_as_it_was_read(world: World) -> None:
    pipe = Pipe(**BASE)
    await world.repository.put(pipe)
    kept = await world.repository.pipe(AT, "p")
    assert kept is not None
    await world.repository.put(pipe, kept)
    for stale in (world.repository.put(pipe, kept), world.repository.put(pipe)):
        with pytest.raises(Conflict):
            await stale
    await world.repository.drop(pipe)
    assert await world.repository.pipe(AT, "p") is None


def test_what_users_put_in_is_secret() -> None:
    assert is_secret("000000000000/us-east-1/pipes/pipe/p")
    assert not is_secret("000000000000/us-east-1/sqs/queue/p")
