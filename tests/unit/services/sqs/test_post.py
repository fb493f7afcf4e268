"""The post office."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import ApiError
from lambent.services.sqs.post import named
from tests.unit.services.sqs.conftest import ARN

if TYPE_CHECKING:
    from tests.unit.services.sqs.conftest import World


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("q", (None, "q")),
        ("http://127.0.0.1:4566/000000000000/q", ("000000000000", "q")),
        ("https://sqs.us-east-1.amazonaws.com/1/q.fifo", ("1", "q.fifo")),
    ],
)
def test_urls(url: str, found: tuple[str | None, str]) -> None:
    assert named(url) == found


@pytest.mark.parametrize("url", ["http://h/q", "http://h/", "/x/q", "http://[::1"])
def test_no_urls(url: str) -> None:
    with pytest.raises(ApiError) as raised:
        named(url)
    assert raised.value.code == "QueueDoesNotExist"


async def test_by_arn(world: World) -> None:
    await world.queue()
    found = await world.post.by_arn(f"{ARN}q")
    assert found is not None
    assert found.arn == f"{ARN}q"
    assert await world.post.by_arn(f"{ARN}none") is None
    assert await world.post.by_arn("arn:aws:s3:::q") is None


async def test_contents_are_sealed_unless_the_queue_says_otherwise(world: World) -> None:
    for name, more in (("sealed", {}), ("plain", {"SqsManagedSseEnabled": "false"})):
        url = await world.queue(name, **more)
        queue = await world.post.queue(world.ctx(), url)
        kept = world.post.sealed(queue, b"secret")
        assert (b"secret" in kept) is (name == "plain")
        assert world.post.opened(kept) == b"secret"
