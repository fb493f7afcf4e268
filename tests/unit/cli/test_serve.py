"""Options that make no sense are refused before anything starts."""

from __future__ import annotations

import pytest

from lambent.cli.main import main


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--port", "65536"], "LAMBENT_PORT"),
        (["--account", "1"], "LAMBENT_ACCOUNT_ID"),
        (["--tls-key", "key.pem"], "must be given together"),
        (["--idle-seconds", "-1"], "LAMBENT_IDLE_SECONDS"),
    ],
)
def test_bad_options(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", *options]) == 1
    assert said in capsys.readouterr().err
