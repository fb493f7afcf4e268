from lambent.services.pipes import limits
from lambent.wire.model import load


def test_a_page_is_as_long_as_the_model_allows() -> None:
    shape = load("pipes").operations["ListPipes"].input
    assert shape is not None
    assert shape.members["Limit"].traits.max == limits.PAGE
