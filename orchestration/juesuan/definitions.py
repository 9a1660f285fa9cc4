"""The entry point of Dagster: ``dagster dev -m juesuan.definitions``.

Belongs here: loading, in twenty lines. Does not belong here: the definitions themselves; they are in
``defs``.
"""

from __future__ import annotations

import dagster as dg

from juesuan.defs import build, run
from juesuan.defs.running import serve
from juesuan.refresh import House
from juesuan.settings import Settings

__all__ = ["defs", "run_refresh", "serve"]


@dg.definitions
def defs() -> dg.Definitions:
    """Assets, checks, jobs, sensor and schedule of the warehouse that the environment names."""
    return build(Settings.load())


def run_refresh(house: House) -> None:
    """Run the job of ``house`` in this process; raises what a step raised."""
    run(house)
