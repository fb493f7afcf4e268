"""What `lambent env` prints is understood by a shell and by programs."""

from __future__ import annotations

import json
import subprocess

import pytest

from lambent.cli.main import main
from tests.unit.cli.conftest import Scripted


def test_a_shell_can_evaluate_it(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", *scripted.options]) == 0
    printed = capsys.readouterr().out
    script = f"AWS_PROFILE=mine\n{printed}\necho $AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID $AWS_REGION ${{AWS_PROFILE-none}}"
    said = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, check=True).stdout
    assert said.split() == [scripted.endpoint, "AKIDEXAMPLE", "us-east-1", "none"]


def test_a_program_can_read_it(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--json", "--region", "eu-west-1", *scripted.options]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["AWS_SECRET_ACCESS_KEY"] == "secret"
    assert made["AWS_DEFAULT_REGION"] == made["AWS_REGION"] == "eu-west-1"
