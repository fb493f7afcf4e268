"""How identities are shown."""

from __future__ import annotations

from lambent.services.iam import render
from lambent.services.iam.records import Role, User
from tests.unit.services.iam.conftest import ACCOUNT, ADMINISTRATOR, TRUST


def test_what_is_not_there_is_not_shown() -> None:
    shown = render.user(ACCOUNT, User(name="a", path="/", id="AIDA", created=1.0))
    assert set(shown) == {"Path", "UserName", "UserId", "Arn", "CreateDate"}


def test_listings_say_less() -> None:
    role = Role(name="a", path="/", id="i", created=1.0, trust=TRUST, tags={"k": "v"}, boundary=ADMINISTRATOR)
    assert set(render.role(ACCOUNT, role)) - set(render.role(ACCOUNT, role, whole=False)) == {
        "Tags",
        "PermissionsBoundary",
    }


def test_documents_are_quoted() -> None:
    assert render.document('{"a": "ü/"}') == "%7B%22a%22%3A%20%22%C3%BC%2F%22%7D"


def test_whose_policy() -> None:
    assert render.is_aws(ADMINISTRATOR)
    assert not render.is_aws("arn:aws:iam::000000000000:policy/aws")
    assert render.attached(ADMINISTRATOR)["PolicyName"] == "AdministratorAccess"
