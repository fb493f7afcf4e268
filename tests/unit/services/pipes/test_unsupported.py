from __future__ import annotations

from typing import Any

import pytest

from lambent.services.pipes.unsupported import REFUSED
from tests.unit.services.pipes.conftest import BUS, PLACE, ROLE, World, asked

STREAM = f"arn:aws:kinesis:{PLACE}:stream/s"
MACHINE = f"arn:aws:states:{PLACE}:stateMachine:m"
DESTINATION = f"arn:aws:events:{PLACE}:api-destination/d/1"


@pytest.mark.parametrize(
    ("more", "what", "why"),
    [
        (
            {"Source": STREAM},
            f"The source {STREAM}",
            "pipes read queues of SQS and RabbitMQ, and topics of Kafka",
        ),
        (
            {"Target": MACHINE},
            f"The target {MACHINE}",
            "pipes send to lambda, sqs, sns, events, logs (buses)",
        ),
        (
            {"Target": DESTINATION},
            f"The target {DESTINATION}",
            "pipes send to lambda, sqs, sns, events, logs (buses)",
        ),
        (
            {"Enrichment": MACHINE},
            f"The enrichment {MACHINE}",
            "only functions enrich",
        ),
        (
            {"KmsKeyIdentifier": "key"},
            "KmsKeyIdentifier",
            "pipes are kept under the server's master key",
        ),
        (
            {"LogConfiguration": {"Level": "ERROR"}},
            "LogConfiguration.Level",
            "what fails in a pipe is in the server's own log",
        ),
        (
            {"EnrichmentParameters": {"HttpParameters": {"HeaderParameters": {"a": "b"}}}},
            "EnrichmentParameters.HttpParameters",
            "there are no API destinations and gateways",
        ),
        (
            {"Target": BUS, "TargetParameters": {"EventBridgeEventBusParameters": {"EndpointId": "e.x"}}},
            "TargetParameters.EventBridgeEventBusParameters.EndpointId",
            "there are no global endpoints",
        ),
    ],
)
async def test_what_is_not_there(world: World, more: dict[str, Any], what: str, why: str) -> None:
    assert await world.refused("CreatePipe", **asked(**more)) == (
        "ValidationException",
        f"{what} is not supported by Lambent: {why}.",
    )


async def test_an_update_asks_for_nothing_more(world: World) -> None:
    await world.create()
    assert (await world.refused("UpdatePipe", Name="p", RoleArn=ROLE, Target=MACHINE))[1] == (
        f"The target {MACHINE} is not supported by Lambent: pipes send to lambda, sqs, sns, events, logs (buses)."
    )


async def test_logging_that_is_off_is_fine(world: World) -> None:
    await world.create(LogConfiguration={"Level": "OFF"})


def test_every_refusal_has_a_reason() -> None:
    assert all(why for options in REFUSED.values() for why in options.values())
