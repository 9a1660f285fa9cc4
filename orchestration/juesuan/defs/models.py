"""Assets of dbt: every seed and model, with its tests as asset checks.

Belongs here: how dbt's graph shows in Dagster, and what one run of it reports. Does not belong here:
arguments of dbt (:mod:`juesuan.transform`), SQL.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.asset_utils import DAGSTER_DBT_UNIQUE_ID_METADATA_KEY

from juesuan import transform
from juesuan.refresh import House
from juesuan.settings import Settings


class Translator(DagsterDbtTranslator):
    """Names as in the warehouse: a model is ``schema/name``, a source the table of schema raw that
    loading writes.
    """

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """``marts/unit_year``, ``raw/cell``."""
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer: the schema."""
        return str(dbt_resource_props["schema"])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The description alone; the SQL is a click away and would hide it."""
        return str(dbt_resource_props.get("description") or "")


def assets(settings: Settings) -> dg.AssetsDefinition:
    """One asset per seed and model. dbt runs in this process, once for all that are asked for."""

    @dbt_assets(
        manifest=transform.manifest(settings),
        dagster_dbt_translator=Translator(),
        name="models",
    )
    def models(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        keys = {spec.metadata[DAGSTER_DBT_UNIQUE_ID_METADATA_KEY]: spec.key for spec in context.assets_def.specs}
        checks = {spec.metadata[DAGSTER_DBT_UNIQUE_ID_METADATA_KEY]: spec for spec in context.assets_def.check_specs}
        wanted = context.selected_asset_keys
        everything = wanted == set(keys.values())
        select = [] if everything else [transform.selector(one) for one, key in keys.items() if key in wanted]
        refused: transform.ModelsRefused | None = None
        try:
            house.build(select)
        except transform.ModelsRefused as problem:
            refused = problem
        rows = transform.row_counts(settings)
        for node in house.nodes:
            if node.unique_id in keys and keys[node.unique_id] in wanted and node.passed:
                key = keys[node.unique_id]
                metadata: dict[str, Any] = {"seconds": round(node.seconds, 3)}
                if (count := rows.get((key.path[0], key.path[1]))) is not None:
                    metadata["dagster/row_count"] = count
                yield dg.MaterializeResult(asset_key=key, metadata=metadata)
            elif node.unique_id in checks:
                spec = checks[node.unique_id]
                if spec.key in context.selected_asset_check_keys:
                    warning = node.status == "warn"
                    yield dg.AssetCheckResult(
                        asset_key=spec.asset_key,
                        check_name=spec.name,
                        passed=node.status == "pass",
                        severity=dg.AssetCheckSeverity.WARN if warning else dg.AssetCheckSeverity.ERROR,
                        metadata={"failing rows": node.failures or 0, "message": node.message or ""},
                    )
        if refused is not None:
            raise refused

    return models
