"""The two subscription APIs, request by request: statuses and bodies."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from lambent.http.message import Request, Response
from lambent.runtime_api import telemetry_records as records
from lambent.runtime_api.extensions_api import ExtensionsApi, FunctionFacts
from lambent.runtime_api.telemetry import TelemetryHub
from lambent.runtime_api.telemetry_api import PATHS, TelemetryApi
from lambent.runtime_api.telemetry_records import Event
from lambent.runtime_api.telemetry_subscriptions import Api
from tests.unit.runtime_api.listeners import ByHand, open_socket

TELEMETRY = {
    "schemaVersion": "2022-12-13",
    "types": ["platform"],
    "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:1"},
}
LOGS = {**TELEMETRY, "schemaVersion": "2021-03-18"}
BODIES = {Api.TELEMETRY: TELEMETRY, Api.LOGS: LOGS}


class World:
    """An API, one registered extension, and the events that went to the log."""

    def __init__(self, *, stub: bool = False) -> None:
        numbers = itertools.count(1)
        self.extensions = ExtensionsApi(
            FunctionFacts("f", "1", "h", "1"), lambda: f"00000000-0000-4000-8000-{next(numbers):012}"
        )
        self.identifier = self.extensions.host.register("me", [])
        time = ByHand()
        self.hub = TelemetryHub(open_socket=open_socket, clock=time, json_logs=False, call_later=time.call_later)
        self.logged: list[Event] = []
        self.api = TelemetryApi(None if stub else self.hub, self.extensions, self.logged.append)

    async def put(
        self, api: Api, body: object = None, identifier: str | None = None, method: str = "PUT"
    ) -> tuple[int, Any]:
        """(status, decoded body) of the answer; the body as it is, if it is bytes."""
        raw = body if isinstance(body, bytes) else json.dumps(BODIES[api] if body is None else body).encode()
        path = next(path for path, served in PATHS.items() if served is api)
        headers = [("Lambda-Extension-Identifier", self.identifier if identifier is None else identifier)]
        response: Response = await self.api.handle(Request.of(method, path, headers, raw), api)
        assert isinstance(response.body, bytes)
        return response.status, json.loads(response.body) if response.body else None


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world."""
    made = World()
    yield made
    await made.hub.close()


@pytest.mark.parametrize(
    ("api", "event"),
    [
        (Api.TELEMETRY, records.telemetry_subscription("me", ["platform"])),
        (Api.LOGS, records.logs_subscription("me", ["platform"])),
    ],
)
async def test_a_subscription_is_answered_logged_and_idempotent(world: World, api: Api, event: Event) -> None:
    for count in (1, 2):
        assert await world.put(api) == (200, "OK")
        assert world.logged == [event] * count


async def test_only_one_of_the_apis(world: World) -> None:
    assert (await world.put(Api.TELEMETRY))[0] == 200
    assert await world.put(Api.LOGS) == (
        400,
        {
            "errorType": "Logs.ValidationError",
            "errorMessage": "extension is subscribed to the Telemetry API already",
        },
    )
    assert len(world.logged) == 1


@pytest.mark.parametrize(("api", "kind"), [(Api.TELEMETRY, "ValidationError"), (Api.LOGS, "Logs.ValidationError")])
async def test_validation_errors(world: World, api: Api, kind: str) -> None:
    body = {**BODIES[api], "types": [], "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain"}}
    message = "URI port is not provided; types should not be empty"
    assert await world.put(api, body) == (400, {"errorType": kind, "errorMessage": message})
    status, answer = await world.put(api, b"{")
    assert (status, answer["errorType"]) == (400, kind)


@pytest.mark.parametrize("api", Api)
async def test_closed_after_init(world: World, api: Api) -> None:
    world.hub.close_subscriptions()
    assert await world.put(api) == (
        403,
        {
            "errorType": f"{api}.SubscriptionClosed",
            "errorMessage": f"{api} API subscription is closed already",
        },
    )


@pytest.mark.parametrize("api", Api)
async def test_the_stub_where_nothing_can_be_sent(api: Api) -> None:
    assert await World(stub=True).put(api) == (
        202,
        {"errorType": f"{api}.NotSupported", "errorMessage": f"{api} API is not supported"},
    )


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        ("", "Extension.MissingExtensionIdentifier"),
        ("x", "Extension.InvalidExtensionIdentifier"),
        ("00000000-0000-4000-8000-ffffffffffff", "Extension.UnknownExtensionIdentifier"),
    ],
)
async def test_who_asks(world: World, identifier: str, kind: str) -> None:
    for api in Api:
        status, answer = await world.put(api, identifier=identifier)
        assert (status, answer["errorType"]) == (403, kind)


async def test_a_huge_body_and_other_methods(world: World) -> None:
    status, answer = await world.put(Api.TELEMETRY, b" " * 100_000)
    assert (status, answer["errorType"]) == (413, "RequestEntityTooLarge")
    assert await world.put(Api.TELEMETRY, method="POST") == (405, None)
