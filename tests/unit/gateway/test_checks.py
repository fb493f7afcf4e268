"""The constraints of the model."""

from __future__ import annotations

import pytest

from lambent.gateway.checks import check
from lambent.model.errors import ApiError
from lambent.services.operation import Mark, Operation, Params
from lambent.wire.model import load


async def nothing(*_: object) -> Params:
    return {}


def refusal(service: str, operation: str, params: Params, protocol: str, mark: Mark | None = None) -> tuple[str, str]:
    with pytest.raises(ApiError) as raised:
        check(load(service).operations[operation], protocol, Operation(mark or Mark(operation), nothing), params)
    return raised.value.code, raised.value.message


def test_codes_are_the_protocols() -> None:
    code, text = refusal("iam", "CreateUser", {"UserName": "a b"}, "query")
    assert code == "ValidationError"
    assert text.startswith("1 validation error detected: Value 'a b' at 'userName' failed to satisfy constraint:")
    assert refusal("lambda", "GetFunction", {}, "rest-json")[0] == "ValidationException"
    check(load("lambda").operations["GetFunction"], "rest-json", Operation(Mark("x"), nothing), {"FunctionName": "f"})


def test_what_a_service_says_its_own_way_comes_first() -> None:
    def refuse(params: Params) -> None:
        raise ApiError("Own", "words")

    assert refusal("lambda", "GetFunction", {}, "rest-json", Mark("x", precheck=refuse)) == ("Own", "words")
