"""Assets of the archive: the documents as published, and the registry of units.

Belongs here: what a refresh takes in and finds in ``raw/``. Does not belong here: reading documents.
"""

from collections import Counter
from collections.abc import Iterator

import dagster as dg

from juesuan.refresh import House

DOCUMENTS = dg.AssetKey(["archive", "documents"])
REGISTRY = dg.AssetKey(["archive", "registry"])


def assets() -> dg.AssetsDefinition:
    """``archive/documents`` and ``archive/registry``."""

    @dg.multi_asset(
        name="archive",
        group_name="archive",
        can_subset=True,
        specs=[
            dg.AssetSpec(
                DOCUMENTS,
                description=(
                    "档案中的全部文件，按原样保存；收件箱中的新文件在此入档。Documents as published, each with its "
                    "manifest; what waits in the inbox is taken in here."
                ),
                kinds={"file"},
                skippable=True,
            ),
            dg.AssetSpec(
                REGISTRY,
                description=(
                    "单位登记册：单位、名称及有效期、应公开的单位。The registry: units, their names with validity, "
                    "bodies expected to publish."
                ),
                kinds={"csv"},
                skippable=True,
            ),
        ],
    )
    def archive(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult[None]]:
        taken_in = house.take_in()
        state = house.archive
        if DOCUMENTS in context.selected_asset_keys:
            cards = state.documents.cards.values()
            statuses = Counter(one.status or "to be loaded" for one in cards)
            years = sorted({place.partition(" ")[2] for one in cards for place in one.places.splitlines()} - {""})
            yield dg.MaterializeResult(
                asset_key=DOCUMENTS,
                metadata={
                    "documents": len(state.documents),
                    "taken from the inbox": len(taken_in),
                    "by status": dict(statuses),
                    "fiscal years": years,
                    "problems": list(state.problems.values()) or "none",
                },
            )
        if REGISTRY in context.selected_asset_keys:
            registry = state.archive.registry
            yield dg.MaterializeResult(
                asset_key=REGISTRY,
                metadata={
                    "units": len(registry.units),
                    "not confirmed": sum(not unit.confirmed for unit in registry.units),
                    "names": len(registry.names),
                    "expected body-years": len(registry.expected),
                },
            )

    return archive
