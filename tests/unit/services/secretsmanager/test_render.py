"""Secrets as callers see them."""

from __future__ import annotations

from lambent.services.secretsmanager import render
from lambent.services.secretsmanager.records import Secret, Value, Version

SECRET = Secret(name="n", account="1", region="r", uid="u", suffix="abcdef", created=1.0, changed=2.0)


def test_a_value_is_a_text_or_bytes() -> None:
    version = Version("v", 3.0, ("AWSCURRENT",))
    shown = render.value(SECRET, version, Value(text="t"))
    assert shown == {
        "ARN": SECRET.arn,
        "Name": "n",
        "VersionId": "v",
        "VersionStages": ["AWSCURRENT"],
        "CreatedDate": 3.0,
        "SecretString": "t",
    }
    assert render.value(SECRET, version, Value(binary=b"b"))["SecretBinary"] == b"b"
    assert render.version(version) == {"VersionId": "v", "VersionStages": ["AWSCURRENT"], "CreatedDate": 3.0}


def test_what_nobody_said_is_not_there() -> None:
    assert render.described(SECRET, "VersionIdsToStages").keys() == {
        "ARN",
        "Name",
        "LastChangedDate",
        "CreatedDate",
        "Tags",
    }
