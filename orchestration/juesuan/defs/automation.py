"""Jobs, sensors and schedules.

Belongs here: what starts a run without a person, and what is done when one fails. Does not belong here: what a run
does; when to try again and when to tell people (:mod:`juesuan.unattended`).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from juesuan import unattended
from juesuan.defs.published import PUBLISHED
from juesuan.publish import Refused
from juesuan.refresh import House
from juesuan.settings import Settings
from juesuan.transform import ModelsRefused

REFRESH = "refresh"
REBUILD = "rebuild"
#: Who started a run, where it was a person at the command line: they are told there, and by no alert.
BY_PERSON = {"juesuan/by": "command line"}
_REFUSALS = frozenset({Refused.__name__, ModelsRefused.__name__})
#: A run that has begun takes the lock at once; after so many seconds without it, its process is gone.
_BEGINS_WITHIN = 120


def jobs() -> list[Any]:
    """``refresh`` takes everything pending; ``rebuild`` loads all of it from the landing anew."""
    return [
        dg.define_asset_job(
            REFRESH,
            dg.AssetSelection.all() - dg.AssetSelection.checks(FRESH),
            description="入档、读取、装载、建模、检查、发布。From the inbox to what readers see: everything pending.",
            executor_def=dg.in_process_executor,
        ),
        dg.define_asset_job(
            REBUILD,
            dg.AssetSelection.all() - dg.AssetSelection.checks(FRESH),
            description="从落地记录重新装载全部或若干年度。The same from an empty work file, or for some years again.",
            executor_def=dg.in_process_executor,
        ),
        dg.define_asset_job(
            "freshness",
            dg.AssetSelection.checks(FRESH),
            description="检查已发布的数据是否及时。Whether what arrived was published in time.",
            executor_def=dg.in_process_executor,
        ),
    ]


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """Nightly whatever the sensor saw; hourly the look at freshness. Both begin with the daemon."""

    @dg.schedule(
        name="nightly",
        job_name=REFRESH,
        cron_schedule=settings.unattended.schedule,
        execution_timezone=settings.unattended.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="每夜一次，并清理旧的运行记录。Once a night, in case the sensor was off; old runs are let go.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        from juesuan.defs.running import prune

        prune(context.instance, settings)
        if House(settings).due() is None:
            return dg.SkipReason("what is published follows from what is there")
        return dg.RunRequest()

    hourly = dg.ScheduleDefinition(
        name="freshness",
        job_name="freshness",
        cron_schedule="17 * * * *",
        execution_timezone=settings.unattended.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="每小时检查一次时效。Once an hour: was everything published in time?",
    )
    return [nightly, hourly]


FRESH = dg.AssetCheckKey(PUBLISHED, "fresh")


def freshness_check(settings: Settings) -> dg.AssetChecksDefinition:
    """The asset check ``fresh`` of what is published."""

    @dg.asset_check(
        asset=PUBLISHED,
        name=FRESH.name,
        description="到达的文件是否已及时发布。What arrived was published within the hours that the settings allow.",
    )
    def fresh() -> dg.AssetCheckResult:
        found = unattended.freshness(settings)
        return dg.AssetCheckResult(
            passed=found.fresh,
            description=found.says,
            metadata={"waiting_hours": round(found.waiting_hours, 2)},
        )

    return fresh


def sensors(settings: Settings) -> Sequence[dg.SensorDefinition]:
    """``arrivals`` starts runs; ``failures`` and ``successes`` see how they ended."""

    @dg.sensor(
        name="arrivals",
        job_name=REFRESH,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "收件箱有新文件，或档案、程序、模型有变。A file waits in the inbox, or archive, library or models differ "
            "from what is published. A run that failed is tried again after a wait."
        ),
    )
    def arrivals(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        bury(context.instance, settings)
        decision = unattended.decide(settings, alert=alert(settings, context))
        if decision.run_key is None:
            return dg.SkipReason(decision.reason)
        return dg.RunRequest(run_key=decision.run_key)

    @dg.run_failure_sensor(
        name="failures",
        monitor_all_code_locations=True,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="失败计数，需要时告警。Counts failures, and tells people when it is time.",
    )
    def failures(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        if run.job_name not in (REFRESH, REBUILD) or run.tags.items() >= BY_PERSON.items():
            return
        message, refused = why(context)
        unattended.failed(settings, message, refused=refused, alert=alert(settings, context))

    @dg.run_status_sensor(
        name="successes",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitor_all_code_locations=True,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="恢复后通知。Tells people that it works again.",
    )
    def successes(context: dg.RunStatusSensorContext) -> None:
        if context.dagster_run.job_name in (REFRESH, REBUILD):
            unattended.succeeded(settings, alert=alert(settings, context))

    return [arrivals, failures, successes]


def alert(settings: Settings, context: Any) -> unattended.Alert:
    """Send an alert; one that cannot be sent is in the log of the daemon, and the sensor goes on."""

    def send(title: str, body: str, *, good: bool = False) -> None:
        from juesuan import alerts

        try:
            alerts.send(settings, title, body, good=good)
        except alerts.AlertFailed as problem:
            context.log.error("%s: %s (%s)", title, problem, body.partition("\n")[0])

    return send


def why(context: dg.RunFailureSensorContext) -> tuple[str, bool]:
    """What a run failed of, as one line, and whether it was a refusal, which no new try changes."""
    for event in (*context.get_step_failure_events(), context.failure_event):
        for cause in _causes(event):
            if cause.cls_name and cause.cls_name not in ("DagsterExecutionStepExecutionError",):
                said = cause.message.strip()
                return said.partition(": ")[2] or said, cause.cls_name in _REFUSALS
    return context.failure_event.message or "it ended without saying why", False


def _causes(event: dg.DagsterEvent) -> Iterator[Any]:
    data = event.event_specific_data
    error = getattr(data, "error", None) or getattr(getattr(data, "first_step_failure_event", None), "error", None)
    deepest = []
    while error is not None:
        deepest.append(error)
        error = error.cause
    yield from reversed(deepest)


def bury(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """Mark as failed the runs whose process is gone: they hold the only place in the queue for ever.

    A run of ours holds the lock of the warehouse as long as it lives, and the lock goes with its process.
    """
    import time

    running = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    if not running or House(settings).is_locked():
        return []
    buried = []
    for record in running:
        run = record.dagster_run
        begun = record.start_time or record.create_timestamp.timestamp()
        if run.job_name in (REFRESH, REBUILD) and time.time() - begun > _BEGINS_WITHIN:
            instance.report_run_failed(run, "the process of this run is gone: killed, or the machine went down")
            buried.append(run.run_id)
    return buried
