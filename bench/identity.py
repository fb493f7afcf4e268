"""What it costs to know who asks and to decide whether they may: `python -m bench --only identity`.

In this process, over the real parts and a store in memory: a warm Invoke signed by a user and by a function's session,
judged by their policies. CPU time of this thread, the least disturbed of many batches.
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
        few = await _user(world, "few", 1)
        many = await _user(world, "many", STATEMENTS)
        signing = await _least_us(batches, lambda: _authenticated(world, few))
        both = await _least_us(batches, lambda: _let_in(world, few))
        one, thousand = await _decisions(world, batches, few, many)
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


async def _user(world: World, name: str, statements: int) -> Key:
    """A user with so many statements, of which one lets them invoke the function."""
    await world.call("CreateUser", {"UserName": name})
    others = [
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": f"{FUNCTION}{number}*"}
        for number in range(statements - 1)
    ]
    mine = {"Effect": "Allow", "Action": "lambda:Invoke*", "Resource": FUNCTION}
    document = json.dumps({"Version": "2012-10-17", "Statement": [*others, mine]})
    made = await world.call("CreatePolicy", {"PolicyName": name, "PolicyDocument": document[:0] or document})
    await world.call("AttachUserPolicy", {"UserName": name, "PolicyArn": made["Policy"]["Arn"]})
    key = (await world.call("CreateAccessKey", {"UserName": name}))["AccessKey"]
    return Key(key["AccessKeyId"], key["SecretAccessKey"])
