"""The image file of one environment: the blank one that its process writes, or the one that it continues from."""

from __future__ import annotations

import os

from lambent.model.errors import PlatformError
from lambent.sandbox.base import EnvironmentSpec
from lambent.sandbox.inside import process
from lambent.sandbox.snapshot import Origin, Snapshot, blank


class Film:
    """Owns the blank file, from `load` to `develop` or `close`."""

    def __init__(self) -> None:
        self._blank = -1

    def load(self, spec: EnvironmentSpec, origin: Origin | None) -> tuple[list[int], str | None]:
        """The descriptor for a process, if there is one, and what it shall do with it. Raises PlatformError."""
        if spec.is_template:
            self.close()
            self._blank = blank()
            return [self._blank], process.WRITE_IMAGE
        if spec.snapshot is not None and spec.snapshot.usable:
            return [spec.snapshot.lend(origin)], process.READ_IMAGE
        return [], None

    def develop(self, origin: Origin | None) -> Snapshot:
        """Make what was written a snapshot: only when no process is left that could write. Raises PlatformError."""
        file, self._blank = self._blank, -1
        if file < 0 or origin is None:
            raise PlatformError("there is nothing to take a snapshot of")
        return Snapshot(file, origin)

    def close(self) -> None:
        """Throw the blank file away. Idempotent."""
        if self._blank >= 0:
            os.close(self._blank)
            self._blank = -1
