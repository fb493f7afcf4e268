"""The descriptors between the platform and a process inside: made here, one end of each sent away."""

from __future__ import annotations

import os
import socket

from lambent.model.runtime import RuntimeKind
from lambent.sandbox.inside import messages, process


class Pipes:
    """The descriptors of one runtime process: our ends as in RuntimeProcess, theirs as the supervisor wants them."""

    def __init__(self, with_channel: bool, with_telemetry: bool, owner: int | None) -> None:
        self.channel: socket.socket | None = None
        self.telemetry: int | None = None
        self._theirs: list[int] = []
        self.logs = self._pipe(owner)
        if with_channel:
            self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            self.channel.setblocking(False)
            self._theirs.append(theirs.detach())
        if with_telemetry:
            self.telemetry = self._pipe(owner)

    def variables(self, kind: RuntimeKind) -> dict[str, str]:
        """What tells the process which descriptors it was given (a fork of managed Python knows its channel).

        A wrapper script may close them, and others come by their numbers: so the log pipe's own number is told, too.
        """
        named = {}
        if self.telemetry is not None:
            named["_LAMBDA_TELEMETRY_LOG_FD"] = str(process.CHANNEL if self.channel is None else process.TELEMETRY)
            if kind is RuntimeKind.EXEC:
                named["_LAMBENT_LOG_PIPE"] = str(os.fstat(self.telemetry).st_ino)
        if kind is RuntimeKind.FRAMED:
            named["_LAMBENT_CHANNEL_FD"] = str(process.CHANNEL)
        return named

    def _pipe(self, owner: int | None) -> int:
        read, write = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(read, False)
        if owner is not None:
            os.fchown(write, owner, owner)  # so that the function may open /dev/stdout
        self._theirs.append(write)
        return read

    def theirs(self) -> list[int]:
        """The function's ends."""
        return self._theirs

    def close_theirs(self) -> None:
        """Close the function's ends, once they were sent."""
        messages.close_all(self._theirs)
        self._theirs = []

    def close_ours(self) -> None:
        """Close our ends, when nobody will receive them."""
        if self.channel is not None:
            self.channel.close()
        messages.close_all([fd for fd in (self.logs, self.telemetry) if fd is not None])
