"""The launchers of one sandbox: one for each plan, started when first needed, started again when it died."""

from __future__ import annotations

import asyncio

from lambent.sandbox.launcher import Launcher, Plan


class Launchers:
    """Owns launcher processes; `close` ends them all."""

    def __init__(self) -> None:
        self._running: dict[Plan, Launcher] = {}
        self._turns: dict[Plan, asyncio.Lock] = {}

    async def get(self, plan: Plan) -> Launcher:
        """A living launcher for `plan`. Raises PlatformError when it cannot be started."""
        launcher = self._running.get(plan)
        if launcher is not None and launcher.alive:
            return launcher
        async with self._turns.setdefault(plan, asyncio.Lock()):
            launcher = self._running.get(plan)
            if launcher is None or not launcher.alive:
                if launcher is not None:
                    await launcher.close()
                launcher = self._running[plan] = await Launcher.start(plan)
            return launcher

    async def close(self) -> None:
        """End every launcher."""
        running, self._running = self._running, {}
        async with asyncio.TaskGroup() as group:
            for launcher in running.values():
                group.create_task(launcher.close())
