"""The command line is quick, and every way to fail is one line and a status."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lambent.cli import main as entry
from lambent.cli.errors import CommandError
from lambent.cli.main import main
from lambent.model.errors import ApiError

HEAVY = ("asyncio", "boto3", "botocore", "cryptography", "http.client", "httptools", "msgspec", "ssl", "uvloop")


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom lambent.cli.main import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert ran.stderr == "[]\n"


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (CommandError("no server"), 1, "lambent: no server\n"),
        (
            ApiError("TooManyRequestsException", "Rate Exceeded."),
            1,
            "lambent: TooManyRequestsException: Rate Exceeded.\n",
        ),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 1, ""),
    ],
)
def test_refusals_are_a_line_and_a_status(
    error: BaseException, status: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(arguments: object) -> int:
        raise error

    monkeypatch.setattr(entry, "_run", refuse)
    standard_output = sys.stdout
    try:
        assert main(["functions"]) == status
    finally:
        sys.stdout = standard_output
    assert capsys.readouterr().err == said
