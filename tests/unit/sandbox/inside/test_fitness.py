"""What cannot be captured is told, in words that a user understands."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.inside.programs import run
from tests.unit.sandbox.inside.test_machine_code import served

CHECK = """
import os, signal, subprocess, threading
from _lambent_inside import fitness, image
{setup}
try:
    fitness.check()
    print("fit", flush=True)
except image.Unfit as error:
    print(error, flush=True)
os._exit(0)
"""


@served
@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ("pass", "fit"),
        ("threading.Thread(target=threading.Event().wait, daemon=True).start()", "runs 2 threads"),
        (
            "child = subprocess.Popen(['sleep', '9'], stdout=-3, stderr=-3)",
            "has started processes that it has not waited for",
        ),
        ("signal.setitimer(signal.ITIMER_REAL, 100)", "has set a timer"),
    ],
)
def test_what_is_said(setup: str, said: str) -> None:
    done = run(CHECK.format(setup=setup))
    assert said in done.stdout, done.stderr


def test_an_allocator_in_a_library(tmp_path: object) -> None:
    done = run(
        """
        import sys
        from _lambent_inside import fitness
        path = sys.argv[1] + "/library.so"
        open(path, "wb").write(b"\\x7fELF ... _rjem_je_malloc jemalloc 5.3")
        print(*map(fitness._brings_allocator, (path, "/etc/hosts", "/none")))
        """,
        str(tmp_path),
    )
    assert done.stdout == "True False False\n", done.stderr
