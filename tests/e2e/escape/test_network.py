"""The network of a function is a loopback of its own, with the platform's endpoint on it and nothing else."""

from __future__ import annotations

import asyncio
import socket

import pytest

from lambent.app import ENDPOINT_CONNECTIONS
from tests.e2e.escape.world import ESCAPE, World, descriptors

pytestmark = ESCAPE

REFUSED = {
    "raw": ("socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)", {"EPERM"}),
    "raw of any kind": ("socket.socket(socket.AF_INET, socket.SOCK_RAW, 255)", {"EPROTONOSUPPORT"}),
    "raw, version 6": ("socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)", {"EPERM"}),
    "packet": ("socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 768)", {"EAFNOSUPPORT"}),
    "vsock": ("socket.socket(40, socket.SOCK_STREAM)", {"EAFNOSUPPORT"}),
    "crypto": ("socket.socket(38, socket.SOCK_SEQPACKET)", {"EAFNOSUPPORT"}),
    "xdp": ("socket.socket(44, socket.SOCK_RAW)", {"EAFNOSUPPORT"}),
    "tipc": ("socket.socket(30, socket.SOCK_RDM)", {"EAFNOSUPPORT"}),
    "a pair around the filter": ("check(libc.socketpair(40, 1, 0, bytes(8)))", {"EAFNOSUPPORT"}),
    "a pair of crypto": ("check(libc.socketpair(38, 5, 0, bytes(8)))", {"EAFNOSUPPORT"}),
    "every other family": ("[socket.socket(f, 2) for f in range(3, 46) if f not in (10, 16)]", {"EAFNOSUPPORT"}),
    "sctp": ("socket.socket(socket.AF_INET, socket.SOCK_SEQPACKET, 132)", {"EPROTONOSUPPORT"}),
    "sctp as a stream": ("socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)", {"EPROTONOSUPPORT"}),
    "dccp": ("socket.socket(socket.AF_INET, 6, 33)", {"EPROTONOSUPPORT"}),
    "netlink audit": ("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)", {"EPROTONOSUPPORT"}),
    "netlink firewall": ("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)", {"EPROTONOSUPPORT"}),
    "netlink xfrm": ("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 6)", {"EPROTONOSUPPORT"}),
    "netlink device events": ("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)", {"EPROTONOSUPPORT"}),
    "netlink generic": ("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)", {"EPROTONOSUPPORT"}),
    "interface down": ("fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sH14x', b'lo', 0))", {"EPERM"}),
    "interface address": ("fcntl.ioctl(socket.socket(), 0x8916, struct.pack('16sH14x', b'lo', 2))", {"EPERM"}),
    "route": ("fcntl.ioctl(socket.socket(), 0x890B, bytes(120))", {"EPERM"}),
    "bridge": ("fcntl.ioctl(socket.socket(), 0x89A0, b'br0')", {"EPERM", "ENOTTY", "ENOPKG"}),
    "tunnel": ("os.open('/dev/net/tun', os.O_RDWR)", {"ENOENT"}),
    "firewall": ("socket.socket().setsockopt(0, 64, bytes(92))", {"EPERM", "ENOPROTOOPT", "EINVAL"}),
    "transparent proxy": ("socket.socket().setsockopt(0, 19, 1)", {"EPERM"}),
    "mark": ("socket.socket().setsockopt(1, 36, 1)", {"EPERM"}),
    "larger buffers by force": ("socket.socket().setsockopt(1, 33, 1 << 30)", {"EPERM"}),
    "a low port": ("socket.socket().bind(('127.0.0.1', 80))", {"EACCES"}),
    "the endpoint's port": ("socket.socket().bind(('127.0.0.1', 4566))", {"EADDRINUSE"}),
    "the endpoint's port, shared": ("reuse(4566)", {"EADDRINUSE"}),
    "metadata service": ("socket.create_connection(('169.254.169.254', 80), 2)", {"ENETUNREACH"}),
    "the internet": ("socket.create_connection(('198.51.100.1', 443), 2)", {"ENETUNREACH"}),
    "the internet, version 6": ("socket.create_connection(('2001:db8::1', 443), 2)", {"ENETUNREACH", "EADDRNOTAVAIL"}),
    "multicast": ("socket.socket(2, 2).sendto(b'x', ('224.0.0.1', 5353))", {"ENETUNREACH"}),
    "broadcast": ("socket.socket(2, 2).sendto(b'x', ('255.255.255.255', 9))", {"ENETUNREACH", "EACCES"}),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_there_is_not(world: World, name: str) -> None:
    call, expected = REFUSED[name]
    done = await world.attack(
        f"""
        def reuse(port):
            taken = socket.socket()
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            taken.bind(("127.0.0.1", port))
            taken.listen()

        def attack(event, context):
            return outcome(lambda: {call})
        """
    )
    assert done.answer in expected
    await world.unharmed()


async def test_the_runtime_api_is_not_for_a_runtime_that_has_a_channel(world: World) -> None:
    """The address is there, for extensions; no event and no answer passes it beside the runtime's own socket."""
    done = await world.attack(
        """
        import http.client

        def ask(method, path):
            connection = http.client.HTTPConnection("127.0.0.1", 9001, timeout=2)
            connection.request(method, "/2018-06-01/runtime/" + path, None if method == "GET" else b"forged")
            return connection.getresponse().status

        def attack(event, context):
            own = "invocation/" + context.aws_request_id
            return [ask("GET", "invocation/next"), ask("POST", own + "/response"), ask("POST", own + "/error"),
                    ask("POST", "init/error")]
        """
    )
    assert done.answer == [404, 404, 404, 404]
    assert done.error is None
    await world.unharmed()


async def test_the_only_interface_is_a_loopback_that_cannot_be_configured(world: World) -> None:
    done = await world.attack(
        """
        def ask(kind, flags, body):
            link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
            link.send(struct.pack("IHHII", 16 + len(body), kind, flags, 1, 0) + body)
            return -struct.unpack_from("i", link.recv(4096), 16)[0]

        def attack(event, context):
            request, acknowledge, create = 1, 4, 0x600
            everything = request | acknowledge | create
            return [name for _, name in socket.if_nameindex()], {
                "new link": ask(16, everything, struct.pack("BxHiII", 0, 1, 0, 1, 1)),
                "delete link": ask(17, request | acknowledge, struct.pack("BxHiII", 0, 0, 1, 0, 0)),
                "new address": ask(20, everything, struct.pack("BBBBIHH4B", 2, 8, 0, 0, 1, 8, 2, 10, 0, 0, 1)),
                "new route": ask(24, everything, struct.pack("8BI", 2, 0, 0, 0, 254, 3, 0, 1, 0)),
                "new rule": ask(32, everything, struct.pack("8BI", 2, 0, 0, 0, 254, 0, 0, 1, 0)),
                "queueing": ask(36, everything, struct.pack("BxHiIII", 0, 0, 1, 0, 0, 0)),
                "namespace id": ask(88, everything, b"\\0" * 4),
            }
        """
    )
    interfaces, refused = done.answer
    assert interfaces == ["lo"]
    assert set(refused.values()) == {1}  # EPERM
    await world.unharmed()


async def test_the_hosts_loopback_is_another(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("0.0.0.0", 0)) as all_addresses:
        listener = await world.server.listen_tcp("127.0.0.1", 0)
        ports = [one.getsockname()[1], all_addresses.getsockname()[1], listener.address[1]]
        done = await world.attack(
            """
            def attack(event, context):
                addresses = ["127.0.0.1", "127.1.2.3", "0.0.0.0", "localhost", "::1", "::ffff:127.0.0.1"]
                return sorted({outcome(lambda: socket.create_connection((address, port), 2))
                               for address in addresses for port in event["ports"]})
            """,
            {"ports": ports},
        )
        await listener.close()
    assert set(done.answer) <= {"ECONNREFUSED", "EADDRNOTAVAIL", "ENETUNREACH"}
    await world.unharmed()


async def test_another_environments_loopback_and_abstract_sockets_are_out_of_reach(world: World) -> None:
    async with world.deployed(
        """
        def attack(event, context):
            server = socket.create_server(("127.0.0.1", 5555))
            abstract = socket.socket(socket.AF_UNIX)
            abstract.bind("\\0here")
            abstract.listen()
            for each in (server, abstract):
                each.settimeout(0.5)
                try:
                    each.accept()
                    return "somebody came"
                except TimeoutError:
                    pass
        """
    ) as server:
        serving = asyncio.ensure_future(server.run())
        await asyncio.sleep(0.3)
        done = await world.attack(
            """
            def attack(event, context):
                return [outcome(lambda: socket.create_connection(("127.0.0.1", 5555), 2)),
                        outcome(lambda: socket.socket(socket.AF_UNIX).connect("\\0here"))]
            """
        )
        assert done.answer == ["ECONNREFUSED"] * 2
        assert (await serving).answer is None
    await world.unharmed()


async def test_shared_memory_of_other_environments_is_not_there(world: World) -> None:
    async with world.deployed(
        """
        def attack(event, context):
            if event["make"]:
                check(libc.shmget(0x1234, 4096, 0o1666))
                check(libc.msgget(0x1234, 0o1666))
                check(libc.semget(0x1234, 1, 0o1666))
                check(libc.mq_open(b"/queue", os.O_CREAT | os.O_RDWR, 0o666, None))
                return None
            return [outcome(lambda: check(libc.shmget(0x1234, 4096, 0))),
                    outcome(lambda: check(libc.msgget(0x1234, 0))),
                    outcome(lambda: check(libc.semget(0x1234, 1, 0))),
                    outcome(lambda: check(libc.mq_open(b"/queue", 0)))]
        """
    ) as owner:
        await owner.run({"make": True})
        async with world.deployed(owner.source) as other:
            assert (await other.run({"make": False})).answer == ["ENOENT"] * 4
        assert (await owner.run({"make": False})).answer == ["allowed"] * 4
    await world.unharmed()


async def test_many_connections_to_the_endpoint_are_its_own_loss(world: World) -> None:
    async with world.deployed(
        """
        def attack(event, context):
            for _ in range(event["processes"]):
                if os.fork() == 0:
                    kept = []
                    try:
                        while True:
                            kept.append(socket.create_connection(("127.0.0.1", 4566), 5))
                            kept[-1].send(b"GET /slow HTTP/1.1\\r\\n")
                    except OSError:
                        time.sleep(60)
            time.sleep(60)
        """,
        timeout=2,
    ) as flood:
        before = descriptors()
        flooding = asyncio.ensure_future(flood.run({"processes": 4}))
        most = 0
        for _ in range(6):
            await asyncio.sleep(0.25)
            most = max(most, descriptors() - before)
            await world.unharmed()
        await flooding
        assert most < 2 * ENDPOINT_CONNECTIONS
    await world.unharmed()
