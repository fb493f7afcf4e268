"""Records as they are stored."""

from __future__ import annotations

import msgspec

from lambent.services.iam.records import ManagedPolicy, PolicyVersion, User


def test_they_survive_the_store_and_newer_members() -> None:
    user = User(name="a", path="/", id="i", created=1.0, inline={"p": "{}"}, groups=("g",))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(user), type=User) == user
    old = msgspec.msgpack.encode({"name": "a", "path": "/", "id": "i", "created": 1.0})
    assert msgspec.msgpack.decode(old, type=User).groups == ()


def test_the_version_in_force() -> None:
    versions = (PolicyVersion("v1", "one", 1.0), PolicyVersion("v2", "two", 2.0))
    policy = ManagedPolicy(
        name="p", path="/", id="i", arn="a", created=1.0, updated=1.0, versions=versions, default="v2"
    )
    assert policy.document == "two"
    assert policy.version("v3") is None
