"""What tests of the pool begin with: a pool, versions, requests, warm environments."""

from __future__ import annotations

from lambent.invoke.events import Action, Arrived, Event, Freed, Ready, Start, Yielded
from lambent.invoke.pool import Pool
from lambent.invoke.turns import Rate
from lambent.model.function import CodePackage, FunctionVersion, LoggingConfig

IDLE = 600.0
LIFE = 3600.0


def version(name: str = "f", number: str = "$LATEST", revision: str = "r1") -> FunctionVersion:
    return FunctionVersion(
        account="000000000000",
        region="us-east-1",
        name=name,
        version=number,
        arn=f"arn:aws:lambda:us-east-1:000000000000:function:{name}:{number}",
        revision_id=revision,
        role="arn:aws:iam::000000000000:role/r",
        runtime="python3.12",
        handler="app.handler",
        code=CodePackage(digest="0" * 64, size=1, unpacked_size=1),
        last_modified=0.0,
        logging=LoggingConfig(log_group=f"/aws/lambda/{name}"),
    )


F = version()


def pool(starts: int = 8) -> Pool:
    return Pool(
        starts=starts, idle_seconds=IDLE, lifetime_seconds=LIFE, scaling=Rate(1000, 10), allocation=Rate(100, 1)
    )


def arrived(ticket: int, function: FunctionVersion = F, now: float = 0.0) -> Arrived:
    return Arrived(ticket, function, now)


def of_tenant(ticket: int, tenant: str, most: int = 100) -> Arrived:
    return Arrived(ticket, F, 0.0, tenant, most)


def play(subject: Pool, *events: Event) -> list[Action]:
    """The actions of the last event, after all of them."""
    actions: list[Action] = []
    for event in events:
        actions = subject.handle(event)
    return actions


def warm(subject: Pool, function: FunctionVersion = F, ticket: int = 0, now: float = 0.0) -> int:
    """One idle environment of `function`; returns its id."""
    (start,) = subject.handle(arrived(ticket, function))
    assert isinstance(start, Start)
    play(subject, Yielded(start.environment), Ready(start.environment, now), Freed(start.environment, now))
    return start.environment
