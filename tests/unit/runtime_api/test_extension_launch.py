"""What is launched from a layer, and what it is told."""

from __future__ import annotations

from pathlib import Path

from lambent.runtime_api.extension_launch import KILL_SWITCH, extension_variables, external_extensions


def test_nothing_to_launch(tmp_path: Path) -> None:
    assert external_extensions(None) == []
    assert external_extensions(tmp_path) == []
    (tmp_path / "extensions").write_text("not a folder")
    assert external_extensions(tmp_path) == []


def test_everything_but_folders_is_launched(tmp_path: Path) -> None:
    folder = tmp_path / "extensions"
    (folder / "nested").mkdir(parents=True)
    (folder / "nested" / "deep").write_text("")
    (folder / "b").write_text("")
    (folder / "a.sh").write_text("")
    (folder / "dangling").symlink_to("/opt/lib/agent")
    (folder / "to-folder").symlink_to("nested")
    assert external_extensions(tmp_path) == ["a.sh", "b", "dangling", "to-folder"]


def test_the_kill_switch(tmp_path: Path) -> None:
    (tmp_path / "extensions").mkdir()
    (tmp_path / "extensions" / "a").write_text("")
    (tmp_path / KILL_SWITCH).symlink_to("/nowhere")
    assert external_extensions(tmp_path) is None


def test_what_extensions_do_not_see() -> None:
    seen = {
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_METADATA_TOKEN": "t",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
        "MINE": "1",
        "PATH": "/bin",
    }
    hidden = {
        "AWS_EXECUTION_ENV": "x",
        "AWS_LAMBDA_LOG_GROUP_NAME": "x",
        "AWS_LAMBDA_LOG_STREAM_NAME": "x",
        "AWS_XRAY_CONTEXT_MISSING": "x",
        "AWS_XRAY_DAEMON_ADDRESS": "x",
        "LAMBDA_RUNTIME_DIR": "x",
        "LAMBDA_TASK_ROOT": "x",
        "_AWS_XRAY_DAEMON_PORT": "x",
        "_HANDLER": "x",
        "_LAMBDA_TELEMETRY_LOG_FD": "x",
        "_MINE": "x",
    }
    assert extension_variables({**seen, **hidden}) == seen
