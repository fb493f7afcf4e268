"""The filter, run by a small interpreter of the kernel's BPF, for every machine that is served."""

from __future__ import annotations

import struct

import pytest

from lambent.sandbox.inside import seccomp

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NUMBERS = {
    "x86_64": {
        "read": 0,
        "clone": 56,
        "clone3": 435,
        "socket": 41,
        "socketpair": 53,
        "ioctl": 16,
        "prlimit64": 302,
        "setrlimit": 160,
        "setpriority": 141,
        "sync": 162,
        "syncfs": 306,
    },
    "aarch64": {
        "read": 63,
        "clone": 220,
        "clone3": 435,
        "socket": 198,
        "socketpair": 199,
        "ioctl": 29,
        "prlimit64": 261,
        "setrlimit": 164,
        "setpriority": 140,
        "sync": 81,
        "syncfs": 267,
    },
}


def verdict(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter returns for a call."""
    arch = ARCHITECTURES[machine] if architecture is None else architecture
    six = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number, arch, 0, *(value & 0xFFFFFFFFFFFFFFFF for value in six))
    code = list(struct.iter_unpack("=HBBI", seccomp.program(machine)))
    position = accumulator = 0
    while True:
        operation, yes, no, k = code[position]
        position += 1
        if operation == 0x06:
            return int(k)
        if operation == 0x20:
            accumulator = struct.unpack_from("=I", data, k)[0]
        else:
            taken = {0x15: accumulator == k, 0x35: accumulator >= k, 0x45: bool(accumulator & k)}[operation]
            position += yes if taken else no


@pytest.fixture(params=sorted(ARCHITECTURES))
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_refused_call_is_refused_and_its_neighbours_are_not_by_accident(machine: str) -> None:
    refused = seccomp.refused(machine)
    assert {"mount", "ptrace", "bpf", "unshare", "setns", "keyctl", "io_uring_setup", "kexec_load"} <= refused.keys()
    for name, number in refused.items():
        assert verdict(machine, number) == seccomp.DENIED, name
    special = set(NUMBERS[machine].values()) | set(refused.values())
    untouched = [n for n in range(600) if n not in special]
    assert {verdict(machine, number) for number in untouched} == {seccomp.ALLOW}


def test_a_fork_and_a_thread_may_but_a_namespace_may_not(machine: str) -> None:
    clone = NUMBERS[machine]["clone"]
    assert verdict(machine, clone, 0x01200011) == seccomp.ALLOW  # fork of libc
    assert verdict(machine, clone, 0x003D0F00) == seccomp.ALLOW  # pthread_create
    for flag in (0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x00020000):
        assert verdict(machine, clone, flag | 17) == seccomp.DENIED
    assert verdict(machine, NUMBERS[machine]["clone3"]) == seccomp.ABSENT


@pytest.mark.parametrize("call", ["socket", "socketpair"])
def test_only_ordinary_socket_families_exist(machine: str, call: str) -> None:
    number = NUMBERS[machine][call]
    allowed = [family for family in range(64) if verdict(machine, number, family, 1) == seccomp.ALLOW]
    assert allowed == [1, 2, 10, 16]
    assert verdict(machine, number, 40) == seccomp.NO_FAMILY


@pytest.mark.parametrize("call", ["socket", "socketpair"])
def test_only_ordinary_protocols_exist(machine: str, call: str) -> None:
    number = NUMBERS[machine][call]
    for family in (2, 10):
        assert [p for p in range(300) if verdict(machine, number, family, 1, p) == seccomp.ALLOW] == [
            0, 1, 6, 17, 58, 262,
        ]  # fmt: skip
        assert [kind for kind in range(16) if verdict(machine, number, family, kind) == seccomp.ALLOW] == [0, 1, 2, 3]
        assert verdict(machine, number, family, 0o2004000 | 2) == seccomp.ALLOW  # not blocking, closed on exec
    assert [p for p in range(32) if verdict(machine, number, 16, 3, p) == seccomp.ALLOW] == [0]
    assert verdict(machine, number, 1, 5) == seccomp.ALLOW
    assert verdict(machine, number, 2, 1, 132) == verdict(machine, number, 16, 3, 12) == seccomp.NO_PROTOCOL


def test_the_disks_of_the_machine_are_not_flushed(machine: str) -> None:
    assert verdict(machine, NUMBERS[machine]["sync"]) == verdict(machine, NUMBERS[machine]["syncfs"], 3) == 0x00050000


def test_the_limit_of_core_dumps_stays_as_it_is(machine: str) -> None:
    core, somewhere = 4, 0x7F0000001000
    set_limit, exchange = NUMBERS[machine]["setrlimit"], NUMBERS[machine]["prlimit64"]
    assert verdict(machine, set_limit, core, somewhere) == seccomp.SKIPPED
    assert verdict(machine, set_limit, 7, somewhere) == seccomp.ALLOW
    for new in (somewhere, 0x100000000, 8):
        assert verdict(machine, exchange, 0, core, new) == seccomp.SKIPPED
        assert verdict(machine, exchange, 0, 7, new) == seccomp.ALLOW
    assert verdict(machine, exchange, 0, core, 0, somewhere) == seccomp.ALLOW


def test_terminals_cannot_be_typed_into(machine: str) -> None:
    ioctl = NUMBERS[machine]["ioctl"]
    assert verdict(machine, ioctl, 0, 0x5412) == seccomp.DENIED
    assert verdict(machine, ioctl, 0, 0x541C) == seccomp.DENIED
    assert verdict(machine, ioctl, 0, 0x5401) == seccomp.ALLOW
    assert verdict(machine, ioctl, 0, 0xFFFFFFFF00005412) == seccomp.DENIED  # the kernel reads 32 bits, too


def test_limits_and_priorities_of_pid_one_cannot_be_changed(machine: str) -> None:
    numbers = NUMBERS[machine]
    assert verdict(machine, numbers["prlimit64"], 1) == seccomp.DENIED
    assert verdict(machine, numbers["prlimit64"], 0) == seccomp.ALLOW
    assert verdict(machine, numbers["setpriority"], 0, 1) == seccomp.DENIED
    assert verdict(machine, numbers["setpriority"], 1, 2) == seccomp.ALLOW


def test_other_instruction_sets_have_no_calls_at_all(machine: str) -> None:
    assert verdict(machine, NUMBERS[machine]["read"], architecture=0x40000003) == seccomp.ABSENT
    if machine == "x86_64":
        assert verdict(machine, 0x40000000) == seccomp.ABSENT


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(KeyError):
        seccomp.program("sparc")
