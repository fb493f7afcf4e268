"""What functions may reach: nf_tables rules, as values, and how the kernel wants them.

Two sets: one in the router's own network namespace, one in the machine's. The latter's table belongs to the socket that
made it: when that closes, or its process is killed, the kernel takes the table away.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lambent.sandbox.netlink import ACK, CREATE, NETFILTER, Netlink, attribute, message, nested, text

INPUT, FORWARD, POSTROUTING = 1, 2, 4
DROP, ACCEPT = 0, 1

_INET = 1
_SUBSYSTEM = 10
_BEGIN, _END = 16, 17
_NEW_TABLE, _NEW_CHAIN, _NEW_RULE = 0, 3, 6
_OWNER = 2
_APPEND = 0x800
_REGISTER = 1
_IN_NAME, _OUT_NAME, _FAMILY = 6, 7, 15
_EQUAL, _UNEQUAL = 0, 1
_NAME_SIZE = 16
_ESTABLISHED_OR_RELATED = 2 | 4

FORBIDDEN: Final = ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "198.18.0.0/15", "224.0.0.0/3")
"""Where no function may go: this host, loopback, link-local (metadata), other functions, multicast and broadcast."""


@dataclass(frozen=True, slots=True)
class Rule:
    """If all tests hold, the verdict: DROP, ACCEPT, or with `masquerade` the sender's address is replaced.

    `incoming` and `outgoing` are names of links, with `!` before them: any other. `to` is an IPv4 network, `answers`
    means packets of a connection that is there.
    """

    verdict: int = ACCEPT
    incoming: str = ""
    outgoing: str = ""
    to: str = ""
    answers: bool = False
    masquerade: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """Rules at one hook, in order; `policy` is for what none of them decides."""

    name: str
    hook: int
    policy: int
    rules: Sequence[Rule] = field(default=())


def router(uplink: str) -> list[Chain]:
    """Between environments and the machine: only outwards, only IPv4, nothing for the router itself."""
    inward = [Rule(incoming=uplink, answers=True)]
    outward = [Rule(DROP, to=network) for network in FORBIDDEN]
    outward.append(Rule(incoming="!" + uplink, outgoing=uplink, to="0.0.0.0/0"))
    return [
        Chain("input", INPUT, DROP),
        Chain("forward", FORWARD, DROP, inward + outward),
        Chain("postrouting", POSTROUTING, ACCEPT, [Rule(outgoing=uplink, masquerade=True)]),
    ]


def machine(uplink: str) -> list[Chain]:
    """On the machine: nothing that comes from functions is for it; what goes on gets its address."""
    forward = [Rule(incoming="!" + uplink, outgoing=uplink, answers=True), Rule(DROP, outgoing=uplink)]
    forward += [Rule(DROP, incoming=uplink, to=network) for network in FORBIDDEN]
    leaving = Rule(outgoing="!" + uplink, incoming=uplink, masquerade=True)
    return [
        Chain("input", INPUT, ACCEPT, [Rule(DROP, incoming=uplink)]),
        Chain("forward", FORWARD, ACCEPT, forward),
        Chain("postrouting", POSTROUTING, ACCEPT, [leaving]),
    ]


def install(link: Netlink, table: str, chains: Sequence[Chain]) -> None:
    """Make the table, all or nothing; it lasts as long as `link`. Raises OSError."""
    made = [_message(_NEW_TABLE, text(1, table) + _number(2, _OWNER))]
    for chain in chains:
        made.append(_message(_NEW_CHAIN, _chain(table, chain)))
        made += [_message(_NEW_RULE, _rule(table, chain.name, rule), _APPEND) for rule in chain.rules]
    begin, end = (message(kind, 0, struct.pack(">BBH", 0, 0, _SUBSYSTEM)) for kind in (_BEGIN, _END))
    link.ask(begin + b"".join(made) + end, answers=len(made))


def open_link() -> Netlink:
    """A socket for `install`, of the calling thread's network namespace."""
    return Netlink(NETFILTER)


def _message(kind: int, body: bytes, flags: int = 0) -> bytes:
    return message(_SUBSYSTEM << 8 | kind, ACK | CREATE | flags, struct.pack(">BBH", _INET, 0, 0) + body)


def _number(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack(">I", value))


def _chain(table: str, chain: Chain) -> bytes:
    is_nat = any(rule.masquerade for rule in chain.rules)
    priority = 100 if is_nat else -10
    hook = nested(4, _number(1, chain.hook), attribute(2, struct.pack(">i", priority)))
    kind = text(7, "nat" if is_nat else "filter")
    return text(1, table) + text(3, chain.name) + hook + _number(5, chain.policy) + kind


def _rule(table: str, chain: str, rule: Rule) -> bytes:
    parts: list[bytes] = []
    if rule.incoming:
        parts += _name_test(_IN_NAME, rule.incoming)
    if rule.outgoing:
        parts += _name_test(_OUT_NAME, rule.outgoing)
    if rule.to:
        parts += _network_test(rule.to)
    if rule.answers:
        mask = struct.pack("=I", _ESTABLISHED_OR_RELATED)
        parts += [_expression("ct", _number(1, _REGISTER), _number(2, 0)), _masked(mask)]
        parts.append(_compare(bytes(4), _UNEQUAL))
    if rule.masquerade:
        parts.append(_expression("masq"))
    else:
        verdict = nested(2, nested(2, _number(1, rule.verdict)))
        parts.append(_expression("immediate", _number(1, 0), verdict))
    return text(1, table) + text(2, chain) + nested(4, *parts)


def _expression(name: str, *attributes: bytes) -> bytes:
    return nested(1, text(1, name), nested(2, *attributes))


def _name_test(key: int, name: str) -> list[bytes]:
    wanted = name.removeprefix("!").encode().ljust(_NAME_SIZE, b"\0")
    operator = _UNEQUAL if name.startswith("!") else _EQUAL
    return [_expression("meta", _number(2, key), _number(1, _REGISTER)), _compare(wanted, operator)]


def _network_test(to: str) -> list[bytes]:
    network = ipaddress.IPv4Network(to)
    family = _expression("meta", _number(2, _FAMILY), _number(1, _REGISTER))
    load = _expression("payload", _number(1, _REGISTER), _number(2, 1), _number(3, 16), _number(4, 4))
    return [
        family,
        _compare(bytes([socket.AF_INET]), _EQUAL),
        load,
        _masked(network.netmask.packed),
        _compare(network.network_address.packed, _EQUAL),
    ]


def _masked(mask: bytes) -> bytes:
    sizes = (_number(1, _REGISTER), _number(2, _REGISTER), _number(3, len(mask)))
    return _expression("bitwise", *sizes, nested(4, attribute(1, mask)), nested(5, attribute(1, bytes(len(mask)))))


def _compare(value: bytes, operator: int) -> bytes:
    return _expression("cmp", _number(1, _REGISTER), _number(2, operator), nested(3, attribute(1, value)))
