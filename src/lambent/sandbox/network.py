"""The way out for functions (`nat`): a pair of links from each environment to a router, one from there to the machine.

The router is a network namespace of this process alone. Environments have no link in common, so there is no neighbour
to forge; the router forwards outwards only, from the address that it gave. All of it (links, routes, both rule tables)
hangs on descriptors of this process and is taken away by the kernel when the process ends, however it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Final, Self, TypeVar

from lambent.model.errors import PlatformError
from lambent.sandbox import firewall, netlink
from lambent.sandbox.inside import linux
from lambent.sandbox.netlink import Netlink

NAME: Final = "outbound network"
LINK: Final = "eth0"
"""Of an environment's end."""

GATEWAY: Final = "198.18.255.254"
_ENVIRONMENTS = 65_000
_UPLINKS = 60
_ROUTER_UPLINK = "uplink"
_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
_RESOLVERS = (Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf"))
_MOST_NAMESERVERS = 3
_SIOCGSKNS = 0x894C
_OWN_NAMESPACE = "/proc/thread-self/ns/net"
_NO_IPV6 = "ipv6/conf/{}/disable_ipv6"

T = TypeVar("T")


def obstacle(*, rootless: bool) -> str | None:
    """Why this machine cannot have `nat`, None where it seems to. Changes nothing."""
    if rootless:
        return "links and rules need root"
    if _FORWARDING.read_text().strip() != "1":
        return "the machine forwards no packets (allow it with: sysctl -w net.ipv4.ip_forward=1)"
    return None


def nameservers(files: tuple[Path, ...] = _RESOLVERS) -> tuple[str, ...]:
    """The machine's IPv4 name servers that are not on its loopback, of the first file that names any."""
    for file in files:
        try:
            lines = [line.split() for line in file.read_text().splitlines()]
        except OSError:
            continue
        named = [words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"]
        if found := [name for name in named if ":" not in name and not name.startswith("127.")]:
            return tuple(found[:_MOST_NAMESERVERS])
    return ()


class Nat:
    """Owns the router. `executor` runs the short blocking calls."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._turn = threading.Lock()
        self._links: list[Netlink] = []
        self._router = -1
        self._route: Netlink | None = None
        self._used: set[int] = set()
        self._last = -1
        self.nameservers: tuple[str, ...] = ()

    async def __aenter__(self) -> Self:
        """Make the router and its rules. Raises PlatformError and leaves nothing."""
        try:
            await self._run(self._open)
        except OSError as error:
            await self.__aexit__()
            raise PlatformError(f"the network of functions cannot be made: {error}") from error
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Let the kernel take everything away."""
        for link in self._links:
            link.close()
        self._links.clear()
        if self._router >= 0:
            os.close(self._router)
            self._router = -1

    async def attach(self, inside: socket.socket) -> Callable[[], None]:
        """Link the network namespace of the socket `inside` to the router; the answer gives its address back once that
        namespace has ended. Raises PlatformError."""
        number = self._number()
        self._used.add(number)
        try:
            await self._run(lambda: self._attach(inside, number))
        except OSError as error:
            self._used.discard(number)
            raise PlatformError(f"an environment cannot be linked to the network: {error}") from error
        return lambda: self._used.discard(number)

    def _number(self) -> int:
        """The next that is free. One that was given back is not used soon: its link may still be there."""
        for step in range(1, _ENVIRONMENTS + 1):
            number = (self._last + step) % _ENVIRONMENTS
            if number not in self._used:
                self._last = number
                return number
        raise PlatformError("all addresses for environments are in use")

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def _open(self) -> None:
        with _namespace_kept():
            linux.unshare(linux.CLONE_NEWNET)
            self._router = os.open(_OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
            for name in ("all", "default"):
                _set(_NO_IPV6.format(name), "1")
                _set(f"ipv4/conf/{name}/rp_filter", "1")
            _set("ipv4/ip_forward", "1")
            self._route = self._kept(Netlink(netlink.ROUTE))
            loopback = socket.if_nametoindex("lo")
            self._route.ask(netlink.link_up(loopback))
            self._route.ask(netlink.address(loopback, GATEWAY))
            firewall.install(self._kept(firewall.open_link()), "lambent", firewall.router(_ROUTER_UPLINK))
        with Netlink(netlink.ROUTE) as machine:
            uplink, near, far = self._uplink(machine)
            _set(_NO_IPV6.format(uplink), "1")
            index = socket.if_nametoindex(uplink)
            firewall.install(self._kept(firewall.open_link()), uplink, firewall.machine(uplink))
            machine.ask(netlink.address(index, near, 30))
        with _namespace_kept():
            linux.setns(self._router, linux.CLONE_NEWNET)
            index = socket.if_nametoindex(_ROUTER_UPLINK)
            self._route.ask(netlink.address(index, far, 30))
            self._route.ask(netlink.link_up(index))
            self._route.ask(netlink.route(index, None, near))
        self.nameservers = nameservers()

    def _uplink(self, machine: Netlink) -> tuple[str, str, str]:
        """Pair the machine with the router: the link's name, its address, the router's. Servers side by side differ."""
        for number in range(_UPLINKS):
            name = f"lambent{number}"
            try:
                machine.ask(netlink.veth(name, _ROUTER_UPLINK, self._router))
            except OSError as error:
                if error.errno != errno.EEXIST:
                    raise
            else:
                return name, f"198.19.0.{4 * number + 1}", f"198.19.0.{4 * number + 2}"
        raise OSError(errno.EEXIST, "every link from lambent0 on is there")

    def _kept(self, link: Netlink) -> Netlink:
        self._links.append(link)
        return link

    def _attach(self, inside: socket.socket, number: int) -> None:
        address = f"198.18.{number // 250}.{number % 250 + 1}"
        name = f"fn{number}"
        namespace = fcntl.ioctl(inside, _SIOCGSKNS)
        try:
            with self._turn, _namespace_kept():
                assert self._route is not None
                linux.setns(namespace, linux.CLONE_NEWNET)
                _set(_NO_IPV6.format("default"), "1")
                linux.setns(self._router, linux.CLONE_NEWNET)
                self._route.ask(netlink.veth(name, LINK, namespace))
                self._route.ask(netlink.route(socket.if_nametoindex(name), address))
                linux.setns(namespace, linux.CLONE_NEWNET)
                with Netlink(netlink.ROUTE) as link:
                    index = socket.if_nametoindex(LINK)
                    link.ask(netlink.address(index, address))
                    link.ask(netlink.link_up(index))
                    link.ask(netlink.route(index, GATEWAY))
                    link.ask(netlink.route(index, None, GATEWAY))
        finally:
            os.close(namespace)


@contextlib.contextmanager
def _namespace_kept() -> Iterator[None]:
    """Bring this thread back into its network namespace."""
    own = os.open(_OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
    finally:
        linux.setns(own, linux.CLONE_NEWNET)
        os.close(own)


def _set(key: str, value: str) -> None:
    """Set an option of the calling thread's network; what a kernel without IPv6 lacks needs no closing."""
    path = Path("/proc/sys/net", key)
    if key.startswith("ipv6") and not path.exists():
        return
    path.write_text(value)
