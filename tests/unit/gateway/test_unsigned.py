"""The few calls that nobody need sign."""

from __future__ import annotations

import pytest

from lambent.gateway.dispatch import Service, Services
from lambent.gateway.unsigned import FORM_BYTES, unsigned_form
from lambent.http.message import Request
from lambent.services.access import PlainAccess
from lambent.wire.model import load

SERVICES = Services([Service(load(name), {}, PlainAccess(name)) for name in ("sts", "sns")])
FORM = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
BODY = b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15"


async def test_a_form_that_brings_its_own_proof() -> None:
    request = Request.of("POST", "/", [FORM, ("Content-Length", str(len(BODY)))], BODY)
    found = await unsigned_form(request, SERVICES)
    assert found is not None
    assert (found[0].model.service, found[1]) == ("sts", BODY)


@pytest.mark.parametrize("action", ["ConfirmSubscription", "Unsubscribe"])
async def test_a_link_that_brings_its_own_proof(action: str) -> None:
    found = await unsigned_form(Request.of("GET", f"/?Action={action}&TopicArn=arn"), SERVICES)
    assert found is not None
    assert (found[0].model.service, found[1]) == ("sns", b"")
    assert await unsigned_form(Request.of("GET", "/?Action=Publish&TopicArn=arn"), SERVICES) is None


@pytest.mark.parametrize(
    ("method", "fields", "body"),
    [
        ("GET", [FORM], BODY),
        ("POST", [("Content-Type", "application/json")], BODY),
        ("POST", [FORM], b"Action=AssumeRole&Version=2011-06-15"),
        ("POST", [FORM], b"Version=2011-06-15"),
        ("POST", [FORM], b"x" * (FORM_BYTES + 1)),
    ],
)
async def test_nothing_else(method: str, fields: list[tuple[str, str]], body: bytes) -> None:
    request = Request.of(method, "/", [*fields, ("Content-Length", str(len(body)))], body)
    assert await unsigned_form(request, SERVICES) is None


async def test_a_service_that_is_not_served() -> None:
    request = Request.of("POST", "/", [FORM, ("Content-Length", str(len(BODY)))], BODY)
    assert await unsigned_form(request, Services([])) is None
