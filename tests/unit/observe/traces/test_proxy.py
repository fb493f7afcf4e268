"""What SDKs ask the daemon over TCP, asked in the name of their function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from lambent.http.message import Request, Response
from lambent.model.errors import ApiError, PlatformError
from lambent.model.function import FunctionVersion
from lambent.observe.traces.proxy import SamplingProxy
from lambent.wire.model import load
from tests.unit.invoke.conftest import make_function
from tests.unit.services.lambda_.conftest import CountedIds


class World:
    """X-Ray as far as it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.fails: Exception | None = None
        self.proxy = SamplingProxy(load("xray"), CountedIds())
        self.proxy.open_to(self.ask)

    async def ask(self, function: FunctionVersion, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append((function.name, operation, dict(params)))
        if self.fails is not None:
            raise self.fails
        return {"SamplingRuleRecords": []} if operation == "GetSamplingRules" else {"LastRuleModification": 1.5}

    async def post(self, path: str, body: bytes = b"", method: str = "POST") -> Response:
        request = Request.of(method, path, [("content-type", "application/json")], body)
        return await self.proxy.answer(make_function(name="mine"), request)


@pytest.fixture
def world() -> World:
    return World()


async def test_the_two_calls_are_passed_on(world: World) -> None:
    rules = await world.post("/GetSamplingRules", b'{"NextToken": "t"}')
    assert (rules.status, json.loads(bytes(rules.body))) == (200, {"SamplingRuleRecords": []})
    document = {"RuleName": "r", "ClientID": "c" * 24, "Timestamp": 5, "RequestCount": 1, "SampledCount": 1}
    targets = await world.post("/SamplingTargets", json.dumps({"SamplingStatisticsDocuments": [document]}).encode())
    assert json.loads(bytes(targets.body)) == {"LastRuleModification": 1.5}
    assert [(name, operation) for name, operation, _ in world.asked] == [
        ("mine", "GetSamplingRules"),
        ("mine", "GetSamplingTargets"),
    ]
    assert world.asked[0][2] == {"NextToken": "t"}


@pytest.mark.parametrize(("path", "method"), [("/TraceSegments", "POST"), ("/x", "POST"), ("/GetSamplingRules", "GET")])
async def test_nothing_else_is(world: World, path: str, method: str) -> None:
    assert (await world.post(path, b"{}", method)).status == 404
    assert world.asked == []


async def test_refusals_are_told_as_they_are(world: World) -> None:
    world.fails = ApiError("AccessDeniedException", "no", status=403)
    told = await world.post("/GetSamplingRules")
    assert told.status == 403
    assert "no" in json.loads(bytes(told.body)).values()
    world.fails = PlatformError("disk full")
    assert (await world.post("/GetSamplingRules")).status == 502
    assert (await world.post("/GetSamplingRules", b"{")).status == 400


async def test_before_there_is_anybody_to_ask() -> None:
    proxy = SamplingProxy(load("xray"), CountedIds())
    assert (await proxy.answer(make_function(), Request.of("POST", "/GetSamplingRules"))).status == 404
