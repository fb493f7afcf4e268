"""Where a call goes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from lambent.context import Context
from lambent.http.client import HttpClient
from lambent.model.errors import ApiError
from lambent.neighbours.calls import Calls
from lambent.neighbours.external import External
from tests.unit.neighbours.conftest import Start


class Own:
    """This process's services: SQS alone."""

    def serves(self, service: str) -> bool:
        return service == "sqs"

    async def call(self, ctx: Context, service: str, operation: str, params: dict[str, Any]) -> Mapping[str, Any]:
        return {"here": (service, operation, params)}


async def test_into_this_process_once_its_services_are_there(ctx: Context, http: HttpClient) -> None:
    calls = Calls(External(http, {}, None))
    early = asyncio.create_task(calls.call(ctx, "sqs", "ListQueues", {}))
    await asyncio.sleep(0)
    calls.open_to(Own())
    assert await early == {"here": ("sqs", "ListQueues", {})}
    assert await calls.call(ctx, "sqs", "ListQueues", {"MaxResults": 1}) == {
        "here": ("sqs", "ListQueues", {"MaxResults": 1})
    }
    assert (calls.reaches("sqs"), calls.reaches("sns")) == (True, False)
    with pytest.raises(ApiError, match="There is no sns to call"):
        await calls.call(ctx, "sns", "ListTopics", {})


async def test_an_endpoint_goes_before(ctx: Context, http: HttpClient, start: Start) -> None:
    elsewhere = await start("sqs")
    elsewhere.answers["ListQueues"] = {"QueueUrls": ["u"]}
    calls = Calls(External(http, {"sqs": elsewhere.url}, None))
    calls.open_to(Own())
    assert await calls.call(ctx, "sqs", "ListQueues", {}) == {"QueueUrls": ["u"]}
