"""What everything else stands on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lambent.bus.base import Bus
from lambent.clock import MovableClock
from lambent.context import Ids
from lambent.settings import Settings
from lambent.store.base import Store
from lambent.store.seal import Seal


@dataclass(frozen=True, slots=True)
class Ground:
    """What everything stands on."""

    settings: Settings
    data: Path
    clock: MovableClock
    ids: Ids
    store: Store
    bus: Bus
    seal: Seal
