"""What it costs to know who asks and to decide whether they may: `python -m bench --only identity`.

In this process, over the real parts and a store in memory: a warm Invoke signed by a user of IAM, judged by the
user's policies. CPU time of this thread, the least disturbed of many batches.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bench.report import Row
from lambent.bus.memory import MemoryBus
from lambent.clock import MovableClock, RandomIds
from lambent.context import Context, Principal
from lambent.gateway.authenticate import Authenticator
from lambent.gateway.authorize import Authorizer
from lambent.gateway.credentials import Keyring
from lambent.gateway.signing import Key, sign
from lambent.gateway.user_keys import UserKeys
from lambent.http.message import Request
from lambent.policy.document import Use, parse
from lambent.policy.engine import Policies, Question, decide
from lambent.policy.index import PolicySet
from lambent.policy.principals import Caller, Kind
from lambent.services.access import Place
from lambent.services.iam.api import IamApi
from lambent.services.iam.repository import Repository as IamRepository
from lambent.services.lambda_.access import LambdaAccess
from lambent.services.lambda_.repository import Repository
from lambent.services.operation import Params, Result
from lambent.store.memory import MemoryStore

ACCOUNT, REGION = "000000000000", "us-east-1"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
STATEMENTS = 1000
BATCH = 200
BODY = b'{"ok": "yes"}'
PATH = "/2015-03-31/functions/f/invocations"
HOST = "http://127.0.0.1:4566"


@dataclass(frozen=True)
class World:
    """The parts that a request passes, and IAM to say who may what."""

    authenticator: Authenticator
    authorizer: Authorizer
    access: LambdaAccess
    call: Callable[[str, Params], Awaitable[Result]]


def identity(scale: int) -> list[Row]:
    """The rows."""
    return asyncio.run(_rows(50 * scale))


async def _rows(batches: int) -> list[Row]:
    async with AsyncExitStack() as stack:
        world = await _world(stack)
        key = await _user(world)
        signing = await _least_us(batches, key, lambda request: _authenticated(world, request))
        both = await _least_us(batches, key, lambda request: _let_in(world, request))
    one, thousand = _decisions(batches)
    return [
        Row("authentication of a warm invoke: CPU", signing, "us"),
        Row("authentication and authorization of a warm invoke: CPU", both, "us", mark=40.0),
        Row("a decision by one statement: CPU", one, "us"),
        Row(
            f"a decision by {STATEMENTS:,} statements: CPU",
            thousand,
            "us",
            thousand / one,
            of="by one",
            mark=5.0,
            mark_is_ratio=True,
        ),
    ]


async def _world(stack: AsyncExitStack) -> World:
    clock, ids, store, bus = MovableClock(), RandomIds(), MemoryStore(), await stack.enter_async_context(MemoryBus())
    repository = IamRepository(store, bus)
    iam = IamApi(repository)
    keyring = Keyring(Key("AKIAROOT", "root"), "ab" * 32, ACCOUNT, clock, ids)
    users = await stack.enter_async_context(UserKeys(repository, clock))

    async def call(operation: str, params: Params) -> Result:
        root = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIAROOT")
        return await iam.operations[operation].handler(Context(ACCOUNT, REGION, root, "id", clock, ids), params)

    return World(
        Authenticator(keyring, users.find, clock),
        Authorizer(iam.identities, clock),
        LambdaAccess(Repository(store, bus)),
        call,
    )


async def _user(world: World) -> Key:
    """A user who may invoke the function."""
    await world.call("CreateUser", {"UserName": "ann"})
    document = json.dumps({"Version": "2012-10-17", "Statement": [_statement(FUNCTION)]})
    await world.call("PutUserPolicy", {"UserName": "ann", "PolicyName": "invoke", "PolicyDocument": document})
    key = (await world.call("CreateAccessKey", {"UserName": "ann"}))["AccessKey"]
    return Key(key["AccessKeyId"], key["SecretAccessKey"])


def _statement(resource: str) -> dict[str, str]:
    return {"Effect": "Allow", "Action": "lambda:Invoke*", "Resource": resource}


def _request(key: Key) -> Request:
    """An Invoke as the HTTP server hands it over."""
    fields = sign("POST", HOST + PATH, {}, BODY, key=key, region=REGION, service="lambda", now=time.time())
    return Request.of("POST", PATH, fields.items(), BODY)


async def _authenticated(world: World, request: Request) -> Principal:
    claim = world.authenticator.claim(request)
    secret, principal = await world.authenticator.whose(claim)
    await world.authenticator.check(claim, request, BODY, secret)
    return principal


async def _let_in(world: World, request: Request) -> None:
    """The two beats of the gateway, as it makes them."""
    principal = await _authenticated(world, request)
    needs = await world.access.needs("Invoke", Place(ACCOUNT, REGION), {"FunctionName": "f", "Payload": BODY})
    await world.authorizer.check(principal, world.access, needs, REGION, request)


async def _least_us(batches: int, key: Key, work: Callable[[Request], Awaitable[object]]) -> float:
    """Microseconds of CPU a request, in the least disturbed batch."""
    least = float("inf")
    for _ in range(batches):
        requests = [_request(key) for _ in range(BATCH)]
        before = time.thread_time_ns()
        for request in requests:
            await work(request)
        least = min(least, (time.thread_time_ns() - before) / BATCH / 1000)
    return least


def _decisions(batches: int) -> tuple[float, float]:
    """Microseconds of CPU a decision by one statement, and by many of which the last one allows."""
    caller = Caller(Kind.USER, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann")
    question = Question(caller, "lambda:InvokeFunction", FUNCTION, ACCOUNT, lambda key: None)
    others = [_statement(f"{FUNCTION}{number}*") for number in range(STATEMENTS - 1)]
    sets = []
    for statements in ([], others):
        document = json.dumps({"Version": "2012-10-17", "Statement": [*statements, _statement(FUNCTION)]})
        sets.append(Policies(identity=PolicySet([parse(document, Use.IDENTITY, "policy")])))
    least = [float("inf")] * len(sets)
    for _ in range(batches):
        for number, policies in enumerate(sets):
            before = time.thread_time_ns()
            for _ in range(BATCH):
                decide(question, policies)
            least[number] = min(least[number], (time.thread_time_ns() - before) / BATCH / 1000)
    return least[0], least[1]
