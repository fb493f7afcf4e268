"""A machine of its own for the tests of `nat`: a program for a fresh network namespace, with an "internet" beside it.

Run by test_network_nat.py with `unshare --net --mount`; tells what it found as JSON. No packet leaves the namespaces
that are made here.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lambent.sandbox import netlink
from lambent.sandbox.base import Measurable
from lambent.sandbox.inside import linux
from lambent.sandbox.isolated import IsolatedSandbox
from lambent.sandbox.netlink import Netlink
from lambent.sandbox.stock import Sizes
from tests.unit.sandbox.worlds import Inside, InsideError, World, accept_one, prepared, running

INTERNET, MACHINE, METADATA = "203.0.113.9", "203.0.113.1", "169.254.169.254"
PORT, PATIENCE_SECONDS = 8080, 10
_OWN = "/proc/thread-self/ns/net"
_SIOCGSKNS = 0x894C

REACH = """
import selectors, socket, time
def reach(places):
    waiting, reached = selectors.DefaultSelector(), []
    for family, address in places:
        one = socket.socket(family)
        one.setblocking(False)
        if one.connect_ex(tuple(address)) in (0, 115):
            waiting.register(one, selectors.EVENT_WRITE, address)
    until = time.monotonic() + 1
    while waiting.get_map() and time.monotonic() < until:
        for key, _ in waiting.select(until - time.monotonic()):
            if key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                reached.append(key.data)
            waiting.unregister(key.fileobj)
    return reached
def code(what):
    try:
        what()
    except OSError as error:
        return error.errno
"""


@contextmanager
def visiting(namespace: int) -> Iterator[None]:
    """Let this thread be in a network namespace."""
    own = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
    linux.setns(namespace, linux.CLONE_NEWNET)
    try:
        yield
    finally:
        linux.setns(own, linux.CLONE_NEWNET)
        os.close(own)


def build() -> int:
    """Give this network namespace an address, forwarding and a neighbour, the internet; a descriptor of the latter."""
    own = os.open(_OWN, os.O_RDONLY)
    linux.unshare(linux.CLONE_NEWNET)
    internet = os.open(_OWN, os.O_RDONLY)
    linux.setns(own, linux.CLONE_NEWNET)
    with Netlink(netlink.ROUTE) as here:
        here.ask(netlink.veth("wan", "wan", internet))
        _address(here, "wan", MACHINE, 24)
        here.ask(netlink.link_up(socket.if_nametoindex("lo")))
        here.ask(netlink.route(socket.if_nametoindex("wan"), METADATA))
        here.ask(netlink.route(socket.if_nametoindex("wan"), None, INTERNET))
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    with visiting(internet), Netlink(netlink.ROUTE) as there:
        _address(there, "wan", INTERNET, 24)
        _address(there, "wan", METADATA, 32)
        there.ask(netlink.link_up(socket.if_nametoindex("lo")))
        there.ask(netlink.route(socket.if_nametoindex("wan"), None, MACHINE))
    return internet


def _address(link: Netlink, name: str, ip: str, prefix: int) -> None:
    link.ask(netlink.address(socket.if_nametoindex(name), ip, prefix))
    link.ask(netlink.link_up(socket.if_nametoindex(name)))


def serve(family: int = socket.AF_INET) -> socket.socket:
    """Tell everybody who comes on TCP where they come from."""
    listener = socket.create_server(("", PORT), family=family)

    def answer() -> None:
        while True:
            connection, peer = listener.accept()
            with connection:
                connection.sendall(peer[0].encode())

    threading.Thread(target=answer, daemon=True).start()
    return listener


def heard(port: int) -> socket.socket:
    """A UDP socket to look into for what has arrived."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("", port))
    sock.setblocking(False)
    return sock


def messages(sock: socket.socket) -> list[str]:
    """What has arrived."""
    found = []
    while True:
        try:
            found.append(sock.recv(100).decode())
        except BlockingIOError:
            return found


def resolve_names(sock: socket.socket) -> None:
    """Be a name server by which every name is INTERNET."""
    sock.setblocking(True)

    def answer() -> None:
        while True:
            query, peer = sock.recvfrom(512)
            end = query.index(b"\0", 12) + 5
            is_a = query[end - 4 : end - 2] == b"\0\1"
            head = query[:2] + b"\x81\x80\0\1" + (b"\0\1" if is_a else b"\0\0") + bytes(4)
            record = b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + socket.inet_aton(INTERNET)
            sock.sendto(head + query[12:end] + (record if is_a else b""), peer)

    threading.Thread(target=answer, daemon=True).start()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the kernel does in its own time."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


def links() -> list[str]:
    """The machine's."""
    return sorted(name for _, name in socket.if_nameindex())


async def outwards(inside: Inside, found: dict[str, Any]) -> None:
    """What must work, and is counted."""
    assert isinstance(inside.environment, Measurable)
    before = inside.environment.read()
    found["seen as"] = await inside.run(
        f"import socket; answer = socket.create_connection(({INTERNET!r}, {PORT})).recv(99).decode()"
    )
    after = inside.environment.read()
    found["bytes"] = [getattr(after, name) - getattr(before, name) for name in ("received", "sent")]
    found["name"] = await inside.run("answer = socket.gethostbyname('some.where.example')")
    await inside.run("socket.create_connection(('127.0.0.1', 4566)).sendall(b'hi')")
    with await accept_one(inside.environment.endpoint):
        found["endpoint"] = True


async def escapes(inside: Inside, neighbour: Inside, found: dict[str, Any]) -> None:
    """What must not."""
    own = "answer = socket.inet_ntoa(fcntl.ioctl(socket.socket(), 0x8915, struct.pack('256s', b'eth0'))[20:24])"
    own = "import fcntl, socket, struct\n" + own
    found["own"] = await inside.run(own)
    found["other"] = other = await neighbour.run(own)
    await neighbour.run(f"import socket; listener = socket.create_server(('', {PORT}))")
    await neighbour.run(f"udp = socket.socket(type=socket.SOCK_DGRAM); udp.bind(('', {PORT})); udp.setblocking(False)")
    four = ["127.0.0.1", "198.18.255.254", "198.19.0.1", "198.19.0.2", MACHINE, other, METADATA, "0.0.0.0"]
    places: list[tuple[int, list[Any]]] = [(int(socket.AF_INET), [ip, PORT]) for ip in four]
    places += [(int(socket.AF_INET6), [ip, PORT, 0, 2]) for ip in ("::1", "fe80::1", "2001:db8::1", "::ffff:127.0.0.1")]
    found["reached"] = await inside.run(REACH + f"answer = reach({places!r})")
    found["control"] = await inside.run(f"answer = reach([({int(socket.AF_INET)}, [{INTERNET!r}, {PORT}])])")
    shout = """
        udp = socket.socket(type=socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        for ip in {}:
            code(lambda: udp.sendto(b"shout", (ip, {})))
    """
    crowd = ["255.255.255.255", "198.18.255.255", "198.19.255.255", "203.0.113.255", "224.0.0.1", other, MACHINE]
    await inside.run(shout.format(crowd, PORT))
    attempts = {
        "raw": "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
        "packet": "socket.socket(17, socket.SOCK_RAW, 0x0300)",
        "ping": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1)",
        "spoof": "socket.socket().bind(('198.18.0.99', 0))",
        "transparent": "socket.socket().setsockopt(socket.SOL_IP, 19, 1)",
        "address": "fcntl.ioctl(socket.socket(), 0x8916, struct.pack('16sHHI8x', b'eth0', 2, 0, 0x630012c6))",
        "down": "fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh14x', b'eth0', 0))",
        "forward": "open('/proc/sys/net/ipv4/ip_forward', 'w')",
        "ipv6": "open('/proc/sys/net/ipv6/conf/all/disable_ipv6', 'w')",
    }
    run = "import fcntl, struct\nanswer = {name: code(lambda: eval(text, globals())) for name, text in %r.items()}"
    found["refused"] = await inside.run(run % attempts)


def forged(inside: Inside, neighbours: str) -> None:
    """Send from the environment as only the machine's root can: with a neighbour's address."""
    assert inside.environment.endpoint is not None
    namespace = fcntl.ioctl(inside.environment.endpoint, _SIOCGSKNS)
    with visiting(namespace), Netlink(netlink.ROUTE) as link:
        os.close(namespace)
        link.ask(netlink.address(socket.if_nametoindex("eth0"), neighbours))
        for text, source in ((b"forged", neighbours), (b"honest", "")):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.bind((source, 0))
                sock.sendto(text, (INTERNET, PORT))


async def examine(world: World) -> dict[str, Any]:
    """Everything, with a neighbour, then the end of it."""
    found: dict[str, Any] = {"before": links()}
    internet = build()
    with visiting(internet):
        serve()
        resolve_names(heard(53))
        far = heard(PORT)
    serve()
    serve(socket.AF_INET6)
    near = heard(PORT)
    async with IsolatedSandbox(world.data, world.library, network="nat") as sandbox:
        found["during"] = links()
        async with running(sandbox, world.spec()) as inside, running(sandbox, world.spec()) as neighbour:
            await outwards(inside, found)
            await escapes(inside, neighbour, found)
            with visiting(internet), Netlink(netlink.ROUTE) as link, socket.socket() as one:
                link.ask(netlink.route(socket.if_nametoindex("wan"), found["own"], MACHINE))
                one.settimeout(0.3)
                await inside.run(f"listener = socket.create_server(('', {PORT}))")
                found["inwards"] = one.connect_ex((found["own"], PORT)) == 0
            forged(inside, found["other"])
            await until(lambda: bool(messages_into(found.setdefault("far", []), far)))
            try:
                found["neighbour heard"] = await neighbour.run("answer = udp.recv(99).decode()")
            except InsideError as error:
                found["neighbour heard"] = error.errno
        found["machine heard"] = messages(near)
    messages_into(found["far"], far)
    await until(lambda: links() == ["lo", "wan"])
    await killed(world, found)
    return found


def tell(found: dict[str, Any]) -> None:
    """To whoever started this."""
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def messages_into(kept: list[str], sock: socket.socket) -> list[str]:
    """Keep what has arrived; all that was kept."""
    kept += messages(sock)
    return kept


async def killed(world: World, found: dict[str, Any]) -> None:
    """A server with environments is killed: the kernel takes link and rules away, and the next one finds them free."""
    program = [sys.executable, "-m", "tests.e2e.nat_world", "hold", str(world.data.parent / "killed")]
    process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    found["held"] = json.loads(await process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    await process.wait()
    await until(lambda: links() == ["lo", "wan"])
    async with IsolatedSandbox(world.data, world.library, network="nat"):
        found["again"] = links()
    await until(lambda: links() == ["lo", "wan"])


async def hold(world: World) -> None:
    """Have one environment in use and others prepared, say so, and wait to be killed."""
    async with IsolatedSandbox(world.data, world.library, network="nat", prepared=Sizes(least=1)) as sandbox:
        await prepared(sandbox, world)
        async with running(sandbox, world.spec()) as inside:
            reached = await inside.run(REACH + f"answer = reach([({int(socket.AF_INET)}, [{INTERNET!r}, {PORT}])])")
            tell({"links": links(), "reached": reached})
            await asyncio.Event().wait()


def main() -> None:
    """`examine`, or `hold DIRECTORY`."""
    if sys.argv[1:2] == ["hold"]:
        root = Path(sys.argv[2])
        root.mkdir()
        asyncio.run(hold(World(root)))
        return
    with tempfile.TemporaryDirectory() as directory:
        resolvers = Path(directory, "resolv.conf")
        resolvers.write_text(f"nameserver 127.0.0.53\nnameserver {INTERNET}\n")
        linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
        linux.bind(str(resolvers), "/etc/resolv.conf")
        tell(asyncio.run(examine(World(Path(directory)))))
        linux.detach("/etc/resolv.conf")


if __name__ == "__main__":
    main()
