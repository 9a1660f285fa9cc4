"""Everything Dagster: assets, checks, jobs, the sensor and the schedule of one warehouse.

Belongs here: how the steps of :mod:`juesuan.refresh` show in Dagster. Does not belong here: what the steps
do. One module per layer: ``archive`` (documents, registry), ``landing`` (batches, tables of schema raw),
``models`` (dbt), ``published`` (the version and its checks), ``automation`` (jobs, sensor, schedule),
``running`` (this process, the web pages of Dagster), ``house`` (the resource that holds the lock).

All runs are in one process: DuckDB's file has one writer, and one run takes everything pending. Assets are
unpartitioned; the list of pending reports says what is built, and years are metadata and an option of
``rebuild``.
"""

import dagster as dg

from juesuan.defs import archive, automation, landing, models, published
from juesuan.defs.house import house_resource
from juesuan.defs.running import run
from juesuan.refresh import House
from juesuan.settings import Settings

__all__ = ["build", "run"]


def build(settings: Settings, house: House | None = None) -> dg.Definitions:
    """The definitions of the warehouse of ``settings``; ``house``: the run that they belong to, if it has
    begun.
    """
    model_assets = models.assets(settings)
    assets = [
        archive.assets(),
        landing.batches,
        landing.raw_assets(settings),
        model_assets,
        published.asset(model_assets),
    ]
    return dg.Definitions(
        assets=assets,
        jobs=automation.jobs(),
        asset_checks=[automation.freshness_check(settings)],
        schedules=automation.schedules(settings),
        sensors=automation.sensors(settings),
        resources={"house": house_resource(settings, house)},
        executor=dg.in_process_executor,
    )
