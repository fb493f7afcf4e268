"""The bill: what is used, and what it costs."""

from __future__ import annotations

from contextlib import AsyncExitStack

from lambent.assembly.ground import Ground
from lambent.observe.bill import prices
from lambent.observe.bill.bill import Bill
from lambent.observe.bill.usage import Usage
from lambent.services.access import Place
from lambent.services.lambda_.repository import Repository


async def open_usage(stack: AsyncExitStack, ground: Ground) -> Usage:
    """What functions use, in a file of its own. Raises PlatformError."""
    return await stack.enter_async_context(Usage(ground.data / "usage.db", ground.clock))


def bill_of(ground: Ground, usage: Usage, functions: Repository) -> Bill:
    """The bill, under the price table of the settings. Raises PlatformError."""

    async def tag_of(arn: str, key: str) -> str:
        _, _, _, region, account, _, name = arn.split(":", 6)
        found = await functions.head(Place(account, region), name)
        return "" if found is None else found.tags.get(key, "")

    return Bill(usage, prices.load(ground.settings.prices), tag_of, ground.clock)
