"""The execution role of functions that name none."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from lambent.cli.client import Client
from lambent.cli.roles import BASIC, TRUST, execution_role
from lambent.model.errors import ApiError
from lambent.policy.document import Use, parse
from lambent.settings import Settings

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Asked, Scripted

ARN = "arn:aws:iam::000000000000:role/lambda"


def client(scripted: Scripted) -> Client:
    return Client(Settings(data=scripted.data, endpoint=scripted.endpoint))


def refusal(code: str) -> tuple[int, dict[str, str], bytes]:
    error = f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
    return 409, {"Content-Type": "text/xml"}, error.encode()


def test_it_is_made_and_may_write_logs(scripted: Scripted) -> None:
    scripted.answer = lambda asked: (200, {"Content-Type": "text/xml"}, b"<r><CreateRoleResult/></r>")
    assert execution_role(client(scripted)) == ARN
    made, attached = (parse_qs(asked.body.decode()) for asked in scripted.asked)
    assert (made["Action"], made["RoleName"], made["AssumeRolePolicyDocument"]) == (["CreateRole"], ["lambda"], [TRUST])
    assert (attached["Action"], attached["PolicyArn"]) == (["AttachRolePolicy"], [BASIC])
    assert "/iam/aws4_request" in scripted.asked[0].headers["authorization"]
    assert parse(TRUST, Use.TRUST).statements


def test_it_is_made_once(scripted: Scripted) -> None:
    scripted.answer = lambda asked: refusal("EntityAlreadyExists")
    assert execution_role(client(scripted)) == ARN
    assert len(scripted.asked) == 1


def test_other_refusals_are_told(scripted: Scripted) -> None:
    def answer(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        return refusal("AccessDenied")

    scripted.answer = answer
    with pytest.raises(ApiError, match="AccessDenied"):
        execution_role(client(scripted))
