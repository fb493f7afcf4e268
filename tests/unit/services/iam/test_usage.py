"""What roles did, and what would do."""

from __future__ import annotations

import pytest

from lambent.policy.document import Use, parse
from lambent.services.iam import usage as module
from lambent.services.iam.usage import Usage, least_policy, unused
from lambent.store.memory import MemoryStore
from tests.unit.services.iam.conftest import document


async def test_it_outlives_a_restart_and_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    async with Usage(store) as usage:
        for _ in range(3):
            usage.note("1", "r", "s3:GetObject", "a")
            usage.note("1", "r", "s3:PutObject", "b")
        assert await usage.of("1", "r") == [("s3:GetObject", "a"), ("s3:PutObject", "b")]
        assert await usage.of("2", "r") == []
    async with Usage(store) as usage:
        usage.note("1", "r", "s3:GetAcl", "a")
    writes: list[str] = []
    put = MemoryStore.put

    async def counted(self: MemoryStore, key: str, value: bytes, *, expect: int | None = None) -> int:
        writes.append(key)
        return await put(self, key, value, expect=expect)

    monkeypatch.setattr(MemoryStore, "put", counted)
    async with Usage(store) as usage:
        assert len(await usage.of("1", "r")) == 3
        usage.note("1", "r", "s3:New", "a")
    async with Usage(store) as usage:
        assert len(await usage.of("1", "r")) == 4
    assert writes == ["1/aws-global/iam/usage/r"]


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAIRS_AT_MOST", 3)
    async with Usage(MemoryStore()) as usage:
        for number in range(9):
            usage.note("1", "r", "s3:GetObject", str(number))
        assert len(await usage.of("1", "r")) == 3


def test_the_least_policy() -> None:
    used = [("s3:Put", "b"), ("s3:Get", "a"), ("s3:Get", "b"), ("s3:Get", "c"), ("sqs:Send", "*")]
    assert least_policy(used)["Statement"] == [
        {"Effect": "Allow", "Action": ["sqs:Send"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["s3:Get"], "Resource": ["a", "c"]},
        {"Effect": "Allow", "Action": ["s3:Get", "s3:Put"], "Resource": "b"},
    ]
    assert least_policy([]) == {"Version": "2012-10-17", "Statement": []}


def test_what_was_not_needed() -> None:
    policies = [
        parse(document("s3:*", resource="arn:aws:s3:::a"), Use.IDENTITY, "used"),
        parse(document("s3:*", resource="arn:aws:s3:::b"), Use.IDENTITY, "elsewhere"),
        parse(document("sqs:*"), Use.IDENTITY, "other"),
        parse(document("sqs:*", effect="Deny"), Use.IDENTITY, "denying"),
    ]
    found = unused(policies, [("s3:GetObject", "arn:aws:s3:::a")])
    assert found == [{"Policy": "elsewhere", "Statement": "1"}, {"Policy": "other", "Statement": "1"}]
