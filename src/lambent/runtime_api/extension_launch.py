"""Which external extensions a function's layers bring, and what their processes may see of its variables.

The layers are the user's: names are read, no link is followed and nothing is opened.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FOLDER: Final = "extensions"
"""Below /opt."""

KILL_SWITCH: Final = "disable-extensions-jwigqn8j"
"""A file below /opt with this name switches all extensions off, internal ones too."""

_HIDDEN = frozenset(
    {
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_XRAY_CONTEXT_MISSING",
        "AWS_XRAY_DAEMON_ADDRESS",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)


def external_extensions(opt: Path | None) -> list[str] | None:
    """The names of what is to be launched from /opt/extensions, sorted; None if extensions are switched off.

    `opt` is the host's path of what becomes /opt. Everything there that is no directory is launched, whether or not it
    can be: AWS fails the INIT for a file that is not executable.
    """
    if opt is None:
        return []
    if os.path.lexists(opt / KILL_SWITCH):
        return None
    try:
        with os.scandir(opt / FOLDER) as entries:
            return sorted(entry.name for entry in entries if not entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def extension_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """A runtime's environment without what AWS hides from extensions."""
    return {name: value for name, value in variables.items() if name not in _HIDDEN and not name.startswith("_")}
