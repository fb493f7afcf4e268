"""When there can be a way out, and which name servers functions are told. The links: tests/e2e/test_network_nat.py."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.sandbox import network


def test_without_root_there_is_no_nat() -> None:
    assert network.obstacle(rootless=True) == "links and rules need root"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1\n", None),
        ("0\n", "the machine forwards no packets (allow it with: sysctl -w net.ipv4.ip_forward=1)"),
    ],
)
def test_the_machine_must_forward(text: str, why: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ip_forward").write_text(text)
    monkeypatch.setattr(network, "_FORWARDING", tmp_path / "ip_forward")
    assert network.obstacle(rootless=False) == why


def test_name_servers_on_loopback_are_of_no_use(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    assert network.nameservers((first, second)) == ()
    first.write_text("# nameserver 192.0.2.9\nnameserver 127.0.0.53\nnameserver ::1\nnameserver\n")
    assert network.nameservers((first, second)) == ()
    second.write_text("".join(f"nameserver 192.0.2.{number}\n" for number in range(1, 6)))
    assert network.nameservers((first, second)) == ("192.0.2.1", "192.0.2.2", "192.0.2.3")


async def test_addresses_are_not_used_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    attached: list[int] = []
    monkeypatch.setattr(network, "_ENVIRONMENTS", 3)
    monkeypatch.setattr(network.Nat, "_attach", lambda self, inside, number: attached.append(number))
    with ThreadPoolExecutor(1) as executor, socket.socket() as inside:
        nat = network.Nat(executor)
        give_back = await nat.attach(inside)
        give_back()
        kept = [await nat.attach(inside) for _ in range(3)]
        assert attached == [0, 1, 2, 0]
        with pytest.raises(PlatformError, match="all addresses for environments are in use"):
            await nat.attach(inside)
        kept[0]()
        await nat.attach(inside)
        assert attached[-1] == 1


async def test_a_link_that_cannot_be_made_leaves_its_address_free(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: network.Nat, inside: socket.socket, number: int) -> None:
        raise PermissionError(1, "no")

    monkeypatch.setattr(network.Nat, "_attach", refuse)
    with ThreadPoolExecutor(1) as executor, socket.socket() as inside:
        nat = network.Nat(executor)
        with pytest.raises(PlatformError, match="cannot be linked to the network"):
            await nat.attach(inside)
        assert not nat._used
