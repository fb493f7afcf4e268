"""The steps of one bus."""

from __future__ import annotations

from lambent.services.events.steps import Step, Steps, of_bus


async def test_one_bus_of_several() -> None:
    steps = Steps()
    for number, bus in enumerate(["a", "b", "a"]):
        steps.tell(Step(time=1.0, event=str(number), bus=bus, what="put"))
    assert [step.event async for step in of_bus(steps, "a", follow=False)] == ["0", "2"]
