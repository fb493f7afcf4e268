"""Rules as values. What the kernel makes of them: tests/e2e/test_network_nat.py."""

from __future__ import annotations

import pytest

from lambent.sandbox import firewall
from lambent.sandbox.firewall import ACCEPT, DROP, FORBIDDEN, Chain, Rule


def test_the_router_lets_nothing_in_and_forwards_only_what_it_must() -> None:
    chains = {chain.name: chain for chain in firewall.router("up")}
    assert chains["input"].policy == chains["forward"].policy == DROP
    assert not chains["input"].rules
    rules = chains["forward"].rules
    assert rules[0] == Rule(ACCEPT, incoming="up", answers=True)
    assert [rule.to for rule in rules[1:-1]] == list(FORBIDDEN)
    assert {rule.verdict for rule in rules[1:-1]} == {DROP}
    assert rules[-1] == Rule(ACCEPT, incoming="!up", outgoing="up", to="0.0.0.0/0")


def test_the_machine_takes_nothing_from_functions_and_keeps_its_other_traffic() -> None:
    chains = {chain.name: chain for chain in firewall.machine("up")}
    assert chains["input"].rules == [Rule(DROP, incoming="up")]
    assert {chain.policy for chain in chains.values()} == {ACCEPT}
    for chain in chains.values():
        assert all("up" in (rule.incoming, rule.outgoing) for rule in chain.rules)


class Wire:
    """Keeps what is sent."""

    def ask(self, sent: bytes, answers: int = 1) -> None:
        self.sent, self.answers = sent, answers


def test_a_table_goes_out_as_one_batch() -> None:
    wire = Wire()
    chain = Chain("input", firewall.INPUT, DROP, [Rule(incoming="up"), Rule(to="10.0.0.0/8", masquerade=True)])
    firewall.install(wire, "t", [chain])  # type: ignore[arg-type]
    assert wire.answers == 4  # the table, its chain, two rules
    assert wire.sent.count(b"masq\0") == 1
    assert wire.sent.count(b"immediate\0") == 1
    assert bytes([10, 0, 0, 0]) in wire.sent
    assert b"nat\0" in wire.sent


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.1/8"):
        firewall.install(Wire(), "t", [Chain("c", 1, DROP, [Rule(to="10.0.0.1/8")])])  # type: ignore[arg-type]
