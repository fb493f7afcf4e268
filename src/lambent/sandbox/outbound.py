"""Which way out the environments of one sandbox have: `nat`, `none`, or for `auto` the first that works here."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Hashable
from concurrent.futures import Executor

from lambent.model.errors import PlatformError
from lambent.sandbox.base import Feature
from lambent.sandbox.network import NAME, Nat, obstacle

_log = logging.getLogger(__name__)

_NONE = Feature(NAME, True, "none, as asked for: functions reach Lambent only")
_NAT = Feature(NAME, True, "nat: outwards only, not the machine, not each other")


class Outbound:
    """`wish` is `auto`, `nat` or `none`. An environment is known here by whatever it is."""

    def __init__(self, wish: str) -> None:
        if wish not in ("auto", "nat", "none"):
            raise ValueError(f"no such network: {wish}")
        self._wish = wish
        self._nat: Nat | None = None
        self._attached: dict[Hashable, Callable[[], None]] = {}
        self.feature = _NONE

    @property
    def nameservers(self) -> tuple[str, ...]:
        """For /etc/resolv.conf."""
        return () if self._nat is None else self._nat.nameservers

    async def open(self, executor: Executor, *, rootless: bool) -> None:
        """Choose. Raises PlatformError where `nat` is wished and does not work here."""
        if self._wish == "none":
            return
        why = obstacle(rootless=rootless)
        try:
            if why is not None:
                raise PlatformError(why)
            self._nat = await Nat(executor).__aenter__()
        except PlatformError as error:
            if self._wish == "nat":
                raise PlatformError(f"the network `nat` is not possible here: {error}") from error
            self.feature = Feature(NAME, False, f"none: functions reach Lambent only; nat is not possible: {error}")
            return
        self.feature = _NAT
        if not self._nat.nameservers:
            self.feature = Feature(NAME, True, f"{_NAT.detail}; no name server beyond loopback: names do not resolve")
            _log.warning("functions cannot resolve names: the machine knows no name server that is not on its loopback")

    async def close(self) -> None:
        """Take the way out away. Idempotent."""
        nat, self._nat = self._nat, None
        if nat is not None:
            await nat.__aexit__()

    async def attach(self, environment: Hashable, inside: socket.socket | None) -> None:
        """Give an environment, of whose network `inside` is a socket, its way out. Raises PlatformError."""
        if self._nat is not None and inside is not None:
            self._attached[environment] = await self._nat.attach(inside)

    def release(self, environment: Hashable) -> None:
        """Its network is no more."""
        if (give_back := self._attached.pop(environment, None)) is not None:
            give_back()
