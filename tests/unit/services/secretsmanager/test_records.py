"""Secrets as they are stored."""

from __future__ import annotations

import msgspec

from lambent.services.secretsmanager.records import Secret, Version


def test_they_survive_the_store() -> None:
    versions = (Version("v", 1.0, ("AWSCURRENT",)),)
    secret = Secret(
        name="n", account="1", region="r", uid="u", suffix="abcdef", created=1.0, changed=2.0, versions=versions
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(secret), type=Secret) == secret
    assert secret.arn == "arn:aws:secretsmanager:r:1:secret:n-abcdef"
    assert secret.version("v") is secret.staged("AWSCURRENT")
    assert secret.version("x") is secret.staged("x") is None
