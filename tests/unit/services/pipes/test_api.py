from lambent.services.operation import marks
from lambent.services.pipes.api import RESOURCES
from lambent.wire.model import load


def test_every_operation_of_the_model_is_served() -> None:
    assert {mark.name for resource in RESOURCES for mark in marks(resource)} == set(load("pipes").operations)
