"""Events on their way: all that match, in order, again after a refusal and after a restart."""

from __future__ import annotations

import asyncio
import gzip
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

from lambent.model.errors import ApiError
from lambent.store.memory import MemoryStore
from tests.unit.services.logs.conftest import ACCOUNT, AT, World, soon
from tests.unit.services.logs.test_subscriptions import FUNCTION, GOOD


def sent(world: World) -> list[dict[str, Any]]:
    """What functions were called with."""
    payloads = [params["Payload"] for _, _, params, _ in world.outside.calls if params["InvocationType"] == "Event"]
    return [json.loads(gzip.decompress(b64decode(json.loads(each)["awslogs"]["data"]))) for each in payloads]


def messages(world: World) -> list[str]:
    return [event["message"] for each in sent(world) for event in each["logEvents"]]


async def test_what_matches_is_sent(world: World) -> None:
    await world.stream()
    await world.put("ERROR before", at=world.now - 1)
    world.clock.at += 1
    await world.call("PutSubscriptionFilter", **{**GOOD, "filterPattern": "ERROR"})
    await world.put("ERROR one", "INFO two", "ERROR three")
    (told,) = await soon(lambda: sent(world))
    assert {key: told[key] for key in ("messageType", "owner", "logGroup", "logStream", "subscriptionFilters")} == {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT,
        "logGroup": "g",
        "logStream": "s",
        "subscriptionFilters": ["n"],
    }
    assert [each["message"] for each in told["logEvents"]] == ["ERROR one", "ERROR three"]
    assert told["logEvents"][0]["timestamp"] == world.now and len(told["logEvents"][0]["id"]) == 56
    service, _, params, principal = world.outside.calls[-1]
    assert (service, params["FunctionName"], principal.service) == ("lambda", FUNCTION, "logs.amazonaws.com")


async def test_a_refusal_is_tried_again(world: World) -> None:
    await world.stream()
    await world.call("PutSubscriptionFilter", **GOOD)
    world.outside.answers = [ApiError("TooManyRequestsException", "slow"), ApiError("ServiceException", "x"), None]
    await world.put("one")
    await soon(lambda: len(sent(world)) == 3)
    await world.put("two")
    await soon(lambda: messages(world)[-1] == "two")
    assert messages(world) == ["one", "one", "one", "two"]


async def test_what_can_never_be_taken_is_passed_over(world: World) -> None:
    await world.stream()
    await world.call("PutSubscriptionFilter", **GOOD)
    world.outside.answers = [ApiError("RequestEntityTooLargeException", "large", status=413)]
    await world.put("large")
    await world.put("next")
    await soon(lambda: messages(world) == ["large", "next"])


async def test_many_events_are_sent_in_parts(world: World) -> None:
    await world.stream()
    await world.call("PutSubscriptionFilter", **GOOD)
    await world.put(*(f"{n} " + "x" * 90_000 for n in range(5)))
    await soon(lambda: len(messages(world)) == 5)
    assert [len(each["logEvents"]) for each in sent(world)] == [1] * 5


async def test_a_restart_goes_on_where_it_was(tmp_path: Path, records: MemoryStore) -> None:
    world = World(tmp_path, records)
    await world.open()
    await world.stream()
    await world.call("PutSubscriptionFilter", **GOOD)
    await world.put("one")
    await soon(lambda: messages(world) == ["one"])
    while not await world.repository.all(int, AT):  # it is noted just after it was sent
        await asyncio.to_thread(lambda: None)
    world.outside.stuck = True
    await world.put("two")
    await soon(lambda: len(messages(world)) > 1)
    await world.close()
    again = World(tmp_path, records)
    await again.open()
    await soon(lambda: messages(again))
    assert messages(again) == ["two"]
    await again.close()
