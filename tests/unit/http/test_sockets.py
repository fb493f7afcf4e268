"""Bound sockets."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from lambent.http.sockets import bind_tcp, bind_unix, unlink


@contextmanager
def all_closed(sockets: list[socket.socket]) -> Iterator[list[socket.socket]]:
    try:
        yield sockets
    finally:
        for sock in sockets:
            sock.close()


async def test_a_host_with_several_addresses_gets_one_port() -> None:
    with all_closed(await bind_tcp("", 0)) as sockets:
        assert [sock.getsockname()[0] for sock in sockets] == ["0.0.0.0", "::"], "IPv4 first"
        ports = {sock.getsockname()[1] for sock in sockets}
        assert len(ports) == 1
        assert ports != {0}


async def test_an_address_of_either_family() -> None:
    for host in ("127.0.0.1", "::1") if socket.has_ipv6 else ("127.0.0.1",):
        with all_closed(await bind_tcp(host, 0)) as sockets:
            assert [sock.getsockname()[0] for sock in sockets] == [host]


async def test_a_port_in_use_is_said_with_its_address() -> None:
    with all_closed(await bind_tcp("127.0.0.1", 0)) as (sock,):
        sock.listen()
        port = sock.getsockname()[1]
        with pytest.raises(OSError, match=rf"cannot listen on 127\.0\.0\.1 port {port}: Address already in use"):
            await bind_tcp("127.0.0.1", port)


async def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(OSError, match=r"cannot listen on 192\.0\.2\.1 port 0"):
        await bind_tcp("192.0.2.1", 0)


def test_a_unix_socket_has_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "s"
    sock, inode = bind_unix(path, 0o640)
    with closing(sock):
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert path.stat().st_ino == inode


def test_a_dead_unix_socket_is_replaced_and_a_live_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "s"
    dead, _ = bind_unix(path, 0o600)
    dead.close()
    live, _ = bind_unix(path, 0o600)
    with closing(live):
        live.listen()
        with pytest.raises(OSError, match=r"cannot listen on .*: Address already in use"):
            bind_unix(path, 0o600)
        assert path.is_socket()


def test_a_file_in_the_place_of_a_socket_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("precious")
    with pytest.raises(OSError, match="cannot listen on"):
        bind_unix(path, 0o600)
    assert path.read_text() == "precious"


def test_a_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot listen on"):
        bind_unix(tmp_path / "absent" / "s", 0o600)


def test_only_the_own_socket_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    sock, inode = bind_unix(path, 0o600)
    with closing(sock):
        unlink(path, inode + 1)
        assert path.exists()
        unlink(path, inode)
        assert not path.exists()
        unlink(path, inode)
