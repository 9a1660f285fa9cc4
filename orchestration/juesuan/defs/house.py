"""The resource that every asset works through: one :class:`juesuan.refresh.House` per run, under the one
lock.

Belongs here: taking the lock for a run of Dagster's, whoever started it. Does not belong here: the steps.
"""

from collections.abc import Iterator

import dagster as dg

from juesuan.refresh import House
from juesuan.settings import Settings


def house_resource(settings: Settings, given: House | None = None) -> dg.ResourceDefinition:
    """A house that holds the lock of the warehouse for as long as the run lasts.

    ``given``: the house of a refresh that holds the lock already. A run that finds the lock taken fails at
    once and says so; what it would have done is done by the next one.
    """

    @dg.resource(
        description="One run on the warehouse: its steps, its settings, its lock.",
        config_schema={
            "years": dg.Field(
                [int],
                default_value=[],
                description="For the job rebuild: build only the reports of these fiscal years again.",
            )
        },
    )
    def house(context: dg.InitResourceContext) -> Iterator[House]:
        rebuild = context.run is not None and context.run.job_name == "rebuild"
        one = given or House(settings, rebuild=rebuild, years=context.resource_config["years"])
        if given is None and context.log is not None:
            log = context.log
            one._progress = lambda step, what, *_: log.info("%s: %s", step, what)
        with one.locked():
            yield one

    return house
