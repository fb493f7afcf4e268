"""Lambent with nothing prepared ahead: each start forks the zygote on the spot. Takes the options of `serve`."""

from __future__ import annotations

import sys

from lambent.assembly import data_plane
from lambent.cli.main import main
from lambent.sandbox.stock import NONE

if __name__ == "__main__":
    vars(data_plane)["Sizes"] = lambda: NONE
    raise SystemExit(main(["serve", *sys.argv[1:]]))
