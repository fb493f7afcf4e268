"""A rehearsal with runtimes of ours."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.inside.programs import run

_REHEARSAL = """
    import os, sys, types
    from _lambent_inside import rehearse
    rehearse._SECONDS = 0.2
    bootstrap = types.ModuleType("lambent_bootstrap")
    memory = bytearray(1 << 20)
    source = {!r}
    exec("import os\\ndef run(channel, handler):\\n" + source, vars(bootstrap) | {{"memory": memory}}, vars(bootstrap))
    bootstrap.run = types.FunctionType(bootstrap.run.__code__, {{"os": os, "memory": memory}})
    sys.modules["lambent_bootstrap"] = bootstrap
    runs = rehearse.dirtied()
    print(sum(end - start for start, end in runs) >= 1 << 20, bool(runs), memory[0])
    try:
        os.waitpid(-1, 0)
    except ChildProcessError:
        print("nobody left")
"""


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (" memory[:] = b'x' * len(memory); os.write(channel, b'ready'); os.read(channel, 1)", "True True 0"),
        (" os.read(channel, 1)", "False False 0"),  # is never ready
        (" os._exit(1)", "False False 0"),
        (" raise ValueError", "False False 0"),
    ],
)
def test_what_it_dirties_is_learned_and_the_launcher_is_unchanged(source: str, found: str) -> None:
    done = run(_REHEARSAL.format(source))
    assert done.stdout.splitlines() == [found, "nobody left"], done.stderr
