"""System calls that would reach the kernel, the machine or another process: refused, each from a function of its own.

The arguments are such that a call which went through after all would change nothing on the machine that runs the tests.
"""

from __future__ import annotations

import pytest

from tests.e2e.escape.world import ESCAPE, World

pytestmark = ESCAPE

REFUSED = {
    # mounts and roots
    "mount": ("libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)", "EPERM"),
    "bind mount": ("libc.mount(b'/proc', b'/tmp', None, 4096, None)", "EPERM"),
    "remount": ("libc.mount(None, b'/usr', None, 32 | 4096, None)", "EPERM"),
    "umount": ("libc.umount2(b'/var/task', 2)", "EPERM"),
    "unmask": ("libc.umount2(b'/proc/timer_list', 0)", "EPERM"),
    "pivot_root": ("syscall((155, 41), b'/tmp', b'/tmp')", "EPERM"),
    "chroot": ("libc.chroot(b'/tmp')", "EPERM"),
    "fsopen": ("syscall(430, b'tmpfs', 0)", "EPERM"),
    "open_tree": ("syscall(428, -100, b'/', 1)", "EPERM"),
    "move_mount": ("syscall(429, -100, b'/tmp', -100, b'/tmp', 0)", "EPERM"),
    "mount_setattr": ("syscall(442, -100, b'/usr', 0, bytes(32), 32)", "EPERM"),
    "quotactl": ("syscall((179, 60), 0x800007 << 8, b'/dev/vda', 0, None)", "EPERM"),
    "name_to_handle_at": ("syscall((303, 264), -100, b'/tmp', struct.pack('II', 0, 0), bytes(4), 0)", "EPERM"),
    "open_by_handle_at": ("syscall((304, 265), -100, struct.pack('IIQ', 8, 1, 2), 0)", "EPERM"),
    "swapon": ("syscall((167, 224), b'/tmp/none', 0)", "EPERM"),
    "swapoff": ("syscall((168, 225), b'/tmp/none')", "EPERM"),
    # namespaces
    "setns": ("libc.setns(os.open('/proc/self/ns/net', os.O_RDONLY), 0)", "EPERM"),
    "setns by pidfd": ("libc.setns(os.pidfd_open(SUPERVISOR), 0x20000)", "EPERM"),
    "clone3": ("syscall(435, bytes(88), 88)", "ENOSYS"),
    "sethostname": ("libc.sethostname(b'x', 1)", "EPERM"),
    "setdomainname": ("libc.setdomainname(b'x', 1)", "EPERM"),
    # other processes' memory
    "ptrace attach": ("libc.ptrace(16, SUPERVISOR, 0, 0)", "EPERM"),
    "ptrace seize": ("libc.ptrace(0x4206, SUPERVISOR, 0, 0)", "EPERM"),
    "ptrace traceme": ("libc.ptrace(0, 0, 0, 0)", "EPERM"),
    "process_vm_readv": ("syscall((310, 270), SUPERVISOR, None, 0, None, 0, 0)", "EPERM"),
    "process_vm_writev": ("syscall((311, 271), SUPERVISOR, None, 0, None, 0, 0)", "EPERM"),
    "pidfd_getfd": ("syscall(438, os.pidfd_open(SUPERVISOR), 3, 0)", "EPERM"),
    "process_madvise": ("syscall(440, os.pidfd_open(SUPERVISOR), None, 0, 21, 0)", "EPERM"),
    "kcmp": ("syscall((312, 272), os.getpid(), SUPERVISOR, 0, 0, 0)", "EPERM"),
    "move_pages": ("syscall((279, 239), SUPERVISOR, 0, None, None, None, 0)", "EPERM"),
    "migrate_pages": ("syscall((256, 238), SUPERVISOR, 0, None, None)", "EPERM"),
    "get_robust_list": ("syscall((274, 100), SUPERVISOR, bytes(8), bytes(8))", "EPERM"),
    # the kernel itself
    "bpf": ("syscall((321, 280), 0, bytes(72), 72)", "EPERM"),
    "perf_event_open": ("syscall((298, 241), bytes(128), 0, -1, -1, 0)", "EPERM"),
    "userfaultfd": ("syscall((323, 282), 1)", "EPERM"),
    "io_uring_setup": ("syscall(425, 8, bytes(128))", "EPERM"),
    "io_uring_enter": ("syscall(426, 0, 0, 0, 0, None, 0)", "EPERM"),
    "io_uring_register": ("syscall(427, 0, 0, None, 0)", "EPERM"),
    "io_setup": ("syscall((206, 0), 1, bytes(8))", "EPERM"),
    "fanotify_init": ("syscall((300, 262), 0, 0)", "EPERM"),
    "kexec_load": ("syscall((246, 104), 0, 0, None, 0)", "EPERM"),
    "kexec_file_load": ("syscall((320, 294), -1, -1, 0, None, 8)", "EPERM"),
    "init_module": ("syscall((175, 105), bytes(8), 8, b'')", "EPERM"),
    "finit_module": ("syscall((313, 273), -1, b'', 0)", "EPERM"),
    "delete_module": ("syscall((176, 106), b'none', 0)", "EPERM"),
    "reboot": ("syscall((169, 142), 0xFEE1DEAD, 672274793, 0, 0)", "EPERM"),  # "Ctrl-Alt-Del stays off"
    "syslog": ("syscall((103, 116), 3, bytes(64), 64)", "EPERM"),
    "acct": ("syscall((163, 89), None)", "EPERM"),
    "vhangup": ("syscall((153, 58))", "EPERM"),
    "iopl": ("syscall((172, 172 + 1000), 3)", {"EPERM", "ENOSYS"}),
    "modify_ldt": ("syscall((154, 154 + 1000), 0, bytes(8), 8)", {"EPERM", "ENOSYS"}),
    # keys
    "keyctl": ("syscall((250, 219), 0, -3, 0)", "EPERM"),
    "add_key": ("syscall((248, 217), b'user', b'n', b'v', 1, -3)", "EPERM"),
    "request_key": ("syscall((249, 218), b'user', b'n', None, -3)", "EPERM"),
    # the clock
    "settimeofday": ("syscall((164, 170), struct.pack('qq', int(time.time()), 0), None)", "EPERM"),
    "clock_settime": ("syscall((227, 112), 0, struct.pack('qq', int(time.time()), 0))", "EPERM"),
    "adjtimex": ("syscall((159, 171), bytes(208))", "EPERM"),
    "clock_adjtime": ("syscall((305, 266), 0, bytes(208))", "EPERM"),
    # supervisor's limits and priorities
    "prlimit of pid 1": ("libc.prlimit(SUPERVISOR, 7, bytes(16), None)", "EPERM"),
    "setpriority of pid 1": ("libc.setpriority(0, SUPERVISOR, 19)", "EPERM"),
    "sched_setaffinity of pid 1": ("syscall((203, 122), SUPERVISOR, 8, struct.pack('Q', 1))", "EPERM"),
    "ioprio_set of pid 1": ("syscall((251, 30), 1, SUPERVISOR, 3 << 13)", "EPERM"),
    # scheduling and memory that nobody gave
    "realtime": ("os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))", "EPERM"),
    "deadline": ("syscall((314, 274), 0, struct.pack('IIQiIQQQ', 48, 6, 0, 0, 0, 10**6, 10**7, 10**7), 0)", "EPERM"),
    "higher priority": ("os.setpriority(os.PRIO_PROCESS, 0, -5)", {"EPERM", "EACCES"}),
    "realtime disk": ("syscall((251, 30), 1, 0, 1 << 13)", "EPERM"),
    "more files": ("libc.setrlimit(7, struct.pack('QQ', 4096, 4096))", "EPERM"),
    "more locked memory": ("libc.setrlimit(8, struct.pack('qq', -1, -1))", "EPERM"),
    "mlock": ("libc.mlock(mmap_address(64 << 20), 64 << 20)", {"ENOMEM", "EPERM"}),
    "mbind": ("syscall((237, 235), None, 0, 0, None, 0, 0)", "EPERM"),
    # devices
    "mknod of memory": ("os.mknod('/tmp/mem', stat.S_IFCHR | 0o666, os.makedev(1, 1))", "EPERM"),
    "mknod of a disk": ("os.mknod('/tmp/disk', stat.S_IFBLK | 0o666, os.makedev(254, 0))", "EPERM"),
    "loop control": ("os.open('/dev/loop-control', os.O_RDWR)", "ENOENT"),
    "loop device": ("os.open('/dev/loop0', os.O_RDONLY)", "ENOENT"),
    "its own disk as a device": ("os.open('/dev/block/7:0', os.O_RDONLY)", "ENOENT"),
    "terminal input": ("libc.ioctl(0, 0x5412, b'x')", "EPERM"),
    "freeze its file system": ("fcntl.ioctl(os.open('/tmp', os.O_RDONLY), 0xC0045877, 0)", "EPERM"),
    "ext4 shutdown": ("fcntl.ioctl(os.open('/tmp', os.O_RDONLY), 0x8004587D, struct.pack('I', 2))", "EPERM"),
    "ext4 resize": ("fcntl.ioctl(os.open('/tmp', os.O_RDONLY), 0x40086610, struct.pack('Q', 1 << 30))", "EPERM"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_call_that_functions_may_not_make(world: World, name: str) -> None:
    call, expected = REFUSED[name]
    done = await world.attack(f"def attack(event, context):\n    return outcome(lambda: check({call}))")
    assert done.answer in ({expected} if isinstance(expected, str) else expected)
    await world.unharmed()


async def test_no_new_namespace_of_any_kind(world: World) -> None:
    done = await world.attack(
        """
        FLAGS = {"time": 0x80, "mnt": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000,
                 "user": 0x10000000, "pid": 0x20000000, "net": 0x40000000}

        def attack(event, context):
            unshared = {name: outcome(lambda: check(libc.unshare(flag))) for name, flag in FLAGS.items()}
            cloned = {name: outcome(lambda: syscall((56, 220), flag | 17, 0, 0, 0, 0))
                      for name, flag in FLAGS.items() if name != "time"}
            both = outcome(lambda: check(libc.unshare(0x10000000 | 0x20000)))
            return sorted({*unshared.values(), *cloned.values(), both})
        """
    )
    assert done.answer == ["EPERM"]
    await world.unharmed()


async def test_calls_of_other_instruction_sets_do_not_exist(world: World) -> None:
    done = await world.attack(
        """
        def thirty_two_bit():
            code = mmap.mmap(-1, 4096, prot=7)
            code.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, getpid; int 0x80; ret
            call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
            os._exit(0 if call() == -errno.ENOSYS else 1)

        def attack(event, context):
            if not X86:
                return ["ENOSYS", 0]
            return [outcome(lambda: syscall(0x40000000 | 101, 0, 0, 0, 0)), child(thirty_two_bit)]
        """
    )
    assert done.answer[0] == "ENOSYS"
    assert done.answer[1] in (0, -11)  # -11: a kernel without 32 bits
    await world.unharmed()


async def test_its_filter_cannot_be_taken_off(world: World) -> None:
    done = await world.attack(
        """
        def allow_everything():
            program = struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)
            code = ctypes.create_string_buffer(program, 8)
            check(libc.prctl(22, 2, struct.pack("@HP", 1, ctypes.addressof(code))))

        def attack(event, context):
            off = [outcome(lambda: check(libc.prctl(38, 0, 0, 0, 0))), outcome(lambda: check(libc.prctl(22, 0, 0)))]
            allow_everything()  # one may add filters: the strictest one wins
            return [*off, outcome(lambda: check(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)))]
        """
    )
    assert done.answer == ["EINVAL", "EINVAL", "EPERM"]
    await world.unharmed()


async def test_a_disk_that_is_flushed_is_nobodys(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            host = os.open("/usr/bin", os.O_RDONLY)
            began = time.monotonic()
            for _ in range(2000):
                libc.sync()
                check(libc.syncfs(host))
            return time.monotonic() - began
        """
    )
    assert done.answer < 1.0  # a single real one takes milliseconds
    await world.unharmed()


async def test_harmless_oddities_of_lambda_are_allowed(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            before = libc.personality(0xFFFFFFFF)
            libc.personality(0x0040000)  # no address space randomisation, for oneself
            libc.personality(before)
            fd = os.memfd_create("program")
            os.write(fd, open("/bin/true", "rb").read())
            ran = subprocess.run([f"/proc/self/fd/{fd}"], pass_fds=[fd]).returncode
            return [before, ran, abs(time.time() - event["now"]) < 60, time.clock_gettime(time.CLOCK_MONOTONIC) > 0]
        """,
        {"now": world.clock.now()},
    )
    assert done.answer == [0, 0, True, True]
    await world.unharmed()
