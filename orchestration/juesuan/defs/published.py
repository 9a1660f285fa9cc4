"""The published warehouse as an asset, and the checks that judge a build before readers see it.

Belongs here: the last step of a run. Does not belong here: the rules themselves (:mod:`juesuan.publish`).
"""

import time
from collections.abc import Iterator
from typing import Any

import dagster as dg

from juesuan import publish
from juesuan.refresh import House

PUBLISHED = dg.AssetKey(["warehouse", "published"])


class PublishConfig(dg.Config):
    """``accept``: a person's reason for publishing a build that differs from the last version as its
    checks say.
    """

    accept: str | None = None


def asset(models: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """``warehouse/published``, after all models, with one asset check per rule."""

    @dg.multi_asset(
        name="published",
        specs=[
            dg.AssetSpec(
                PUBLISHED,
                deps=sorted(models.keys, key=lambda key: key.path),
                group_name="published",
                description=(
                    "读者所见的数据库文件：整体切换，要么全新，要么照旧。The file that readers open: a checked build, "
                    "switched to as a whole or not at all."
                ),
                kinds={"duckdb"},
                skippable=True,
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(name, asset=PUBLISHED, description=description)
            for name, description in publish.check_names()
        ],
    )
    def published(
        config: PublishConfig, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        house.accept = config.accept or house.accept
        begun = time.monotonic()
        version = house.built
        for finding in house.check():
            yield dg.AssetCheckResult(
                asset_key=PUBLISHED,
                check_name=finding.check,
                passed=finding.passed,
                description=finding.message,
                metadata={"accepted": house.accept or "no"} if not finding.passed else {},
            )
        path = house.publish()
        facts = publish.published_version(house.settings) or {}
        metadata: dict[str, Any] = dict(facts.get("counts", {}))
        yield dg.MaterializeResult(
            asset_key=PUBLISHED,
            metadata={
                "version": version.id,
                "path": dg.MetadataValue.path(str(path)),
                "seconds": round(time.monotonic() - begun, 3),
                **metadata,
            },
        )

    return published
