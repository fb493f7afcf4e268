"""What is refused by name: every option of the list, and each is one of the model."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.events.unsupported import REFUSED, check
from lambent.wire.model import load

OPTIONS = [(operation, option) for operation, options in REFUSED.items() for option in options if option != "Arn"]


@pytest.mark.parametrize(("operation", "option"), OPTIONS)
def test_each_is_refused(operation: str, option: str) -> None:
    name, _, value = option.partition("=")
    outer, _, inner = name.partition(".")
    shape = load("events").operations[operation].input
    assert operation == "PutTargets" or outer in shape.members  # type: ignore[union-attr]
    given = {outer: {inner: "INFO"} if inner else value or {"some": "thing"}}
    with pytest.raises(ApiError, match="is not supported by Lambent"):
        check(operation, given)


def test_what_asks_for_nothing() -> None:
    check("CreateEventBus", {"Name": "b", "LogConfig": {"Level": "OFF"}, "KmsKeyIdentifier": ""})
    check("PutRule", {"State": "ENABLED"})
