"""Whatever is listed as refused is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.services.sns import unsupported

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World


@pytest.mark.parametrize("name", [*unsupported.TOPIC_ATTRIBUTES, "TracingConfig"])
async def test_attributes_of_topics(world: World, name: str) -> None:
    value = "Active" if name == "TracingConfig" else "x"
    _, said = await world.refused("CreateTopic", Name="t", Attributes={name: value})
    assert said.startswith(f"Invalid parameter: Attributes Reason: {name} Reason: not supported by Lambent: ")
    await world.topic()
    asked = {"TopicArn": await world.topic(), "AttributeName": name}
    assert "not supported by Lambent" in (await world.refused("SetTopicAttributes", **asked, AttributeValue=value))[1]
    if name != "TracingConfig":
        await world.call("SetTopicAttributes", **asked, AttributeValue="")


@pytest.mark.parametrize("protocol", list(unsupported.PROTOCOLS))
async def test_protocols(world: World, protocol: str) -> None:
    asked = {"TopicArn": await world.topic(), "Protocol": protocol, "Endpoint": "x"}
    why = unsupported.PROTOCOLS[protocol]
    said = f"Invalid parameter: Protocol {protocol} Reason: not supported by Lambent: {why}"
    assert await world.refused("Subscribe", **asked) == ("InvalidParameter", said)
