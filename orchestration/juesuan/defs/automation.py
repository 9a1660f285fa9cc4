"""Jobs, the sensor and the schedule.

Belongs here: what starts a run without a person. Does not belong here: what a run does.
"""

from typing import Any

import dagster as dg

from juesuan.refresh import House
from juesuan.settings import Settings

REFRESH = "refresh"
REBUILD = "rebuild"


def jobs() -> list[Any]:
    """``refresh`` takes everything pending; ``rebuild`` loads all of it from the landing anew."""
    return [
        dg.define_asset_job(
            REFRESH,
            dg.AssetSelection.all(),
            description="入档、读取、装载、建模、检查、发布。From the inbox to what readers see: everything pending.",
            executor_def=dg.in_process_executor,
        ),
        dg.define_asset_job(
            REBUILD,
            dg.AssetSelection.all(),
            description="从落地记录重新装载全部或若干年度。The same from an empty work file, or for some years again.",
            executor_def=dg.in_process_executor,
        ),
    ]


nightly = dg.ScheduleDefinition(
    name="nightly",
    job_name=REFRESH,
    cron_schedule="30 2 * * *",
    execution_timezone="Asia/Shanghai",
    description="每夜一次。Once a night, in case the sensor was off.",
)


def arrivals(settings: Settings) -> dg.SensorDefinition:
    """Asks for a refresh when a file waits in the inbox, or when archive, library or models changed."""

    @dg.sensor(
        name="arrivals",
        job_name=REFRESH,
        minimum_interval_seconds=60,
        description=(
            "收件箱有新文件，或档案、程序、模型有变。A file waits in the inbox, or archive, library or models differ "
            "from what is published."
        ),
    )
    def sense(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        due = House(settings).due()
        if due is None:
            return dg.SkipReason("what is published follows from what is there")
        # The key is what is to be built: it is asked for once, and a refused build is not tried every minute.
        return dg.RunRequest(run_key=due)

    return sense
