"""Assets of the landing and of schema raw: what was read, and what stands in the work file.

Belongs here: the batches of records and the tables that loading writes. Does not belong here: models.
"""

import time
from collections.abc import Iterator

import dagster as dg

from juesuan.defs.archive import DOCUMENTS, REGISTRY
from juesuan.raw_schema import REGISTRY as LISTS
from juesuan.raw_schema import raw_tables
from juesuan.refresh import House
from juesuan.settings import Settings

BATCHES = dg.AssetKey(["landing", "batches"])


@dg.asset(
    key=BATCHES,
    deps=[DOCUMENTS],
    group_name="landing",
    kinds={"parquet"},
    description=(
        "读出的记录，按批存为 Parquet，由只增的账簿决定何者有效。Records read from the documents, one Parquet batch "
        "per run, and the append-only ledger that says which hold. Only documents that this library has not read yet "
        "are read."
    ),
)
def batches(house: dg.ResourceParam[House]) -> dg.MaterializeResult[None]:
    """Read what is new, in bounded workers; a document that cannot be read is counted, never fatal."""
    begun = time.monotonic()
    landed = house.land()
    held = house.landing.holding()
    return dg.MaterializeResult(
        metadata={
            "documents read": landed.documents,
            "by status": landed.by_status or "nothing new",
            "batches written": landed.batches,
            "documents held": len(held),
            "seconds": round(time.monotonic() - begun, 3),
        }
    )


def raw_assets(settings: Settings) -> dg.AssetsDefinition:
    """One asset per table of schema raw. They are loaded in one transaction, whichever of them is asked
    for.
    """
    tables = raw_tables(settings.dbt_project)

    def spec(name: str) -> dg.AssetSpec:
        table = tables[name]
        columns = [
            dg.TableColumn(column.name, column.data_type, description=column.description) for column in table.columns
        ]
        return dg.AssetSpec(
            ["raw", name],
            deps=[REGISTRY] if name in LISTS else [BATCHES, REGISTRY],
            group_name="raw",
            description=table.description,
            kinds={"duckdb"},
            metadata={"dagster/column_schema": dg.TableSchema(columns)},
            skippable=True,
        )

    @dg.multi_asset(name="raw", specs=[spec(name) for name in tables], can_subset=True)
    def raw(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> Iterator[dg.MaterializeResult[None]]:
        begun = time.monotonic()
        loaded = house.load()
        seconds = round(time.monotonic() - begun, 3)
        years = sorted({one.fiscal_year for one in loaded.pending})
        for name in tables:
            key = dg.AssetKey(["raw", name])
            if key in context.selected_asset_keys:
                metadata: dict[str, object] = {"dagster/row_count": loaded.rows[name], "seconds": seconds}
                if name == "document":
                    metadata["by status"] = loaded.documents
                if name == "pending":
                    metadata["reports"] = [f"{one.report_id}: {one.cause}" for one in loaded.pending[:100]]
                    metadata["fiscal years"] = [str(year) for year in years]
                yield dg.MaterializeResult(asset_key=key, metadata=metadata)

    return raw
