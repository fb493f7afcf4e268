"""Which way out is chosen, and what is said of it."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from lambent.model.errors import PlatformError
from lambent.sandbox.outbound import Outbound


async def test_none_is_as_asked_for() -> None:
    network = Outbound("none")
    with ThreadPoolExecutor(1) as executor, socket.socket() as inside:
        await network.open(executor, rootless=True)
        await network.attach("environment", inside)
        network.release("environment")
    assert network.feature.works
    assert network.feature.detail == "none, as asked for: functions reach Lambent only"
    assert network.nameservers == ()


async def test_auto_falls_to_none_and_says_why() -> None:
    network = Outbound("auto")
    with ThreadPoolExecutor(1) as executor:
        await network.open(executor, rootless=True)
    assert not network.feature.works
    expected = "none: functions reach Lambent only; nat is not possible: links and rules need root"
    assert network.feature.detail == expected
    await network.close()


async def test_nat_is_refused_where_it_cannot_be() -> None:
    why = "the network `nat` is not possible here: links and rules need root"
    with ThreadPoolExecutor(1) as executor, pytest.raises(PlatformError, match=why):
        await Outbound("nat").open(executor, rootless=True)


def test_another_wish_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such network: bridge"):
        Outbound("bridge")
