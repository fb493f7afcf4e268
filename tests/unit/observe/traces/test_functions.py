"""Segments of functions: whose, with what in them, sent in whose name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Ended, InitType, Invocation, Report
from lambent.observe.traces import functions as module
from lambent.observe.traces.functions import FunctionTraces
from lambent.observe.traces.segments import parse
from tests.unit.invoke.conftest import make_function
from tests.unit.services.lambda_.conftest import CountedIds, StoppedClock

ROOT = "1-5759e988-bd862e3fe1be46a994272793"
ACTIVE = make_function(tracing="Active")


class Sent:
    """What was sent, by function name."""

    def __init__(self) -> None:
        self.documents: list[tuple[str, dict[str, Any]]] = []
        self.refuse = False
        self.calls = 0

    async def __call__(self, function: FunctionVersion, documents: Sequence[str]) -> None:
        self.calls += 1
        if self.refuse:
            raise ApiError("AccessDeniedException", "no", status=403)
        self.documents += [(function.name, json.loads(document)) for document in documents]


def ended(*, traced: bool = True, upstream: str | None = None, **more: Any) -> Ended:
    header = f"Root={ROOT};Parent={'b' * 16};Sampled=1"
    invocation = Invocation("r", b"", 0, ACTIVE.arn, trace_id=header, traced=traced, upstream=upstream)
    report = Report("r", 200.0, 200, 128, 64, **more)
    return Ended(ACTIVE, invocation, report, InitType.ON_DEMAND, 100.0)


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def traces(sent: Sent) -> FunctionTraces:
    made = FunctionTraces(CountedIds(), StoppedClock())
    made.open_to(sent)
    return made


async def test_segments_of_what_is_traced(traces: FunctionTraces, sent: Sent) -> None:
    traces.ended(ended())
    await traces.flush()
    assert [document["origin"] for _, document in sent.documents] == ["AWS::Lambda", "AWS::Lambda::Function"]


async def test_what_is_not_sampled_or_passes_through_leaves_nothing(traces: FunctionTraces, sent: Sent) -> None:
    traces.ended(ended(traced=False))
    await traces.flush()
    assert sent.documents == []


async def test_what_is_refused_is_told_where_its_caller_is_traced(traces: FunctionTraces, sent: Sent) -> None:
    header = f"Root={ROOT};Parent={'a' * 16};Sampled=1"
    for function, trace in (
        (ACTIVE, header),
        (ACTIVE, header.replace("Sampled=1", "Sampled=0")),
        (ACTIVE, "nonsense;Sampled=1"),
        (ACTIVE, None),
        (make_function(), header),
    ):
        traces.throttled(function, f"{function.arn}:live", trace)
    await traces.flush()
    ((_, document),) = sent.documents
    assert parse(json.dumps(document)).parent == "a" * 16
    assert (document["origin"], document["http"]["response"]["status"]) == ("AWS::Lambda", 429)
    assert document["throttle"] is document["error"] is True
    assert document["resource_arn"].endswith(":live")


async def test_functions_own_segments_are_sent_in_portions(traces: FunctionTraces, sent: Sent) -> None:
    for number in range(120):
        traces.add(ACTIVE, json.dumps({"n": number}))
    await traces.flush()
    assert (sent.calls, len(sent.documents)) == (3, 120)


async def test_a_flood_is_cut_off(traces: FunctionTraces, sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OF_FUNCTION", 3)
    for _ in range(9):
        traces.add(ACTIVE, "{}")
    traces.add(make_function(name="g", arn="arn:g"), "{}")
    await traces.flush()
    assert [name for name, _ in sent.documents] == ["f", "f", "f", "g"]


async def test_a_role_that_may_not_sends_nothing_and_is_told_of_once(
    traces: FunctionTraces, sent: Sent, caplog: pytest.LogCaptureFixture
) -> None:
    sent.refuse = True
    for _ in range(2):
        traces.ended(ended())
        await traces.flush()
    assert sent.documents == []
    assert sum("are lost" in record.message for record in caplog.records) == 1


async def test_it_sends_by_itself(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEND_SECONDS", 0.0)
    async with FunctionTraces(CountedIds(), StoppedClock()) as traces:
        traces.open_to(sent)
        traces.ended(ended())
        async with asyncio.timeout(10):
            while not sent.documents:  # noqa: ASYNC110 - there is nothing to wait for
                await asyncio.sleep(0)
    assert len(sent.documents) == 2
