"""The beat where policies are judged: whoever asks, whatever is asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.bus.memory import MemoryBus
from lambent.context import Principal, Session
from lambent.gateway.authorize import Authorizer
from lambent.gateway.refusals import Refusal, Refused
from lambent.policy.document import Use, parse
from lambent.policy.index import PolicySet
from lambent.services.access import Guarded, Need, PlainAccess
from lambent.store.memory import MemoryStore
from tests.unit.gateway.conftest import StoppedClock
from tests.unit.services.iam.conftest import World, document

ACCOUNT = "000000000000"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
ROOT = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIA")
WORKER = Principal(
    ACCOUNT,
    f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/f",
    "ASIA",
    function_arn=FUNCTION + ":1",
    role="worker",
    session=Session("f", 1.0),
)
ANN = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann", "AKIAANN", user="ann")
S3 = Principal(
    "",
    "s3.amazonaws.com",
    "",
    service="s3.amazonaws.com",
    source_arn="arn:aws:s3:::bucket",
    source_account=ACCOUNT,
)


class Resources(PlainAccess):
    """A service whose one resource says what it is told to."""

    def __init__(self) -> None:
        super().__init__("lambda")
        self.guarded = Guarded()

    async def guard(self, need: Need) -> Guarded:
        return self.guarded

    def say(self, effect: str, who: object, **conditions: Any) -> None:
        statement = {"Effect": effect, "Principal": who, "Action": "*", "Resource": "*", "Condition": conditions}
        text = json.dumps({"Version": "2012-10-17", "Statement": statement})
        self.guarded = Guarded(PolicySet([parse(text, Use.RESOURCE)]))


class Door:
    """An authorizer over IAM, with a role `worker` and a user `ann` who may do nothing yet."""

    def __init__(self) -> None:
        self.iam = World(MemoryStore(), MemoryBus())
        self.resources = Resources()
        self.authorizer = Authorizer(self.iam.api.identities, StoppedClock())

    async def allows(self, principal: Principal, **more: Any) -> bool:
        return await self.refusal(principal, **more) is None

    async def refusal(self, principal: Principal, **more: Any) -> str | None:
        need = Need(**({"action": "lambda:InvokeFunction", "resource": FUNCTION, "account": ACCOUNT} | more))
        try:
            await self.authorizer.check(principal, self.resources, (need,), "us-east-1", None)
        except Refused as refused:
            assert refused.refusal is Refusal.DENIED
            return refused.message
        return None


@pytest.fixture
async def door() -> Door:
    door = Door()
    await door.iam.role()
    await door.iam.call("CreateUser", UserName="ann")
    return door


async def test_root_may_unless_a_resource_says_no(door: Door) -> None:
    assert await door.allows(ROOT)
    door.resources.say("Deny", "*")
    assert not await door.allows(ROOT)
    assert not await door.allows(ROOT, account="999999999999")


@pytest.mark.parametrize(("kind", "name", "who"), [("Role", "worker", WORKER), ("User", "ann", ANN)])
async def test_others_may_what_their_policies_say_from_the_moment_that_they_say_it(
    door: Door, kind: str, name: str, who: Principal
) -> None:
    assert await door.refusal(who) == (
        f"User: {who.arn} is not authorized to perform: lambda:InvokeFunction on resource: {FUNCTION}"
        " because no identity-based policy allows the lambda:InvokeFunction action"
    )
    put = {f"{kind}Name": name, "PolicyName": "p"}
    await door.iam.call(f"Put{kind}Policy", **put, PolicyDocument=document("lambda:Invoke*"))
    assert await door.allows(who)
    assert not await door.allows(who, action="lambda:GetFunction")
    await door.iam.call(f"Put{kind}Policy", **put, PolicyDocument=document("lambda:*", effect="Deny"))
    assert (await door.refusal(who) or "").endswith("with an explicit deny in an identity-based policy")


async def test_who_is_gone_may_nothing(door: Door) -> None:
    await door.iam.call("PutRolePolicy", RoleName="worker", PolicyName="p", PolicyDocument=document("lambda:*"))
    assert await door.allows(WORKER)
    await door.iam.call("DeleteRolePolicy", RoleName="worker", PolicyName="p")
    await door.iam.call("DeleteRole", RoleName="worker")
    assert not await door.allows(WORKER)


async def test_a_service_needs_the_resources_word_for_its_source(door: Door) -> None:
    assert not await door.allows(S3)
    door.resources.say("Allow", {"Service": "s3.amazonaws.com"}, ArnLike={"aws:SourceArn": "arn:aws:s3:::bucket"})
    assert await door.allows(S3)
    door.resources.say("Allow", {"Service": "s3.amazonaws.com"}, StringEquals={"aws:SourceAccount": "999999999999"})
    assert not await door.allows(S3)


@pytest.mark.parametrize(
    "conditions",
    [
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket"}},
        {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket"}, "StringEquals": {"aws:SourceAccount": ACCOUNT}},
    ],
)
@pytest.mark.parametrize(
    ("source_arn", "source_account"), [("arn:aws:s3:::theirs", "999999999999"), ("", ""), (S3.arn, "")]
)
async def test_a_service_cannot_be_made_anothers_deputy(
    door: Door, conditions: dict[str, Any], source_arn: str, source_account: str
) -> None:
    door.resources.say("Allow", {"Service": "s3.amazonaws.com"}, **conditions)
    assert await door.allows(S3)
    deputy = Principal("", S3.arn, "", service=S3.service, source_arn=source_arn, source_account=source_account)
    assert await door.refusal(deputy) == (
        f"User: s3.amazonaws.com is not authorized to perform: lambda:InvokeFunction on resource: {FUNCTION}"
        " because no resource-based policy allows the lambda:InvokeFunction action"
    )


async def test_a_session_is_limited_by_its_own_policies(door: Door) -> None:
    await door.iam.call("PutRolePolicy", RoleName="worker", PolicyName="p", PolicyDocument=document("lambda:*"))

    def limited(*documents: str) -> Principal:
        return Principal(
            ACCOUNT, WORKER.arn, "ASIA", role="worker", session=Session("f", 1.0, policies=tuple(documents))
        )

    assert await door.allows(limited(document("lambda:Invoke*")))
    assert (await door.refusal(limited(document("s3:*"))) or "").endswith(
        "because no session policy allows the lambda:InvokeFunction action"
    )
    assert not await door.allows(limited("no policy at all"))


async def test_a_role_that_trusts_nobody_is_not_spoken_of(door: Door) -> None:
    door.resources.guarded = Guarded(PolicySet([]), decides=True)
    arn = f"arn:aws:iam::{ACCOUNT}:role/none"
    assert await door.refusal(ANN, action="sts:AssumeRole", resource=arn) == (
        f"User: {ANN.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    )


async def test_everything_that_is_needed_must_be_allowed(door: Door) -> None:
    await door.iam.call("PutUserPolicy", UserName="ann", PolicyName="p", PolicyDocument=document("lambda:*"))
    needs = [
        Need("lambda:CreateFunction", FUNCTION, ACCOUNT),
        Need("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/r", ACCOUNT),
    ]
    await door.authorizer.check(ANN, door.resources, needs[:1], "us-east-1", None)
    with pytest.raises(Refused, match="iam:PassRole"):
        await door.authorizer.check(ANN, door.resources, needs, "us-east-1", None)


async def test_nobody_may_what_everybody_may(door: Door) -> None:
    nobody = Principal("", "anonymous", "")
    assert not await door.allows(nobody)
    door.resources.say("Allow", "*")
    assert await door.allows(nobody)


async def test_a_warm_decision_reads_nothing(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    await door.iam.call("PutRolePolicy", RoleName="worker", PolicyName="p", PolicyDocument=document("lambda:*"))
    assert await door.allows(WORKER)
    reads: list[str] = []
    monkeypatch.setattr(MemoryStore, "get", lambda self, key: reads.append(key))
    assert await door.allows(WORKER)
    assert reads == []


@pytest.mark.parametrize("who", [ROOT, ANN])
async def test_a_role_of_another_account_is_never_passed(door: Door, who: Principal) -> None:
    door.resources.say("Allow", "*")
    passed = {"action": "iam:PassRole", "resource": "arn:aws:iam::111111111111:role/theirs"}
    assert await door.refusal(who, **passed) == "Cross-account pass role is not allowed."
    assert await door.allows(ROOT, action="iam:PassRole", resource=f"arn:aws:iam::{ACCOUNT}:role/ours")
    assert await door.allows(ROOT, action="iam:PassRole", resource="no ARN: others refuse it")
    door.authorizer = Authorizer(door.iam.api.identities, StoppedClock(), any_role=True)
    assert await door.allows(ROOT, **passed)
