"""Dagster shows the whole way with its lineage, every asset materialises by itself, and a run holds the lock."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from tests.fixtures.house import archive_of, settings, write_document

from juesuan import defs, warehouse
from juesuan.defs import running
from juesuan.refresh import Busy, House, NotBuilt, refresh
from juesuan.settings import Settings

pytestmark = pytest.mark.integration


def add(house: Settings, name: str, **facts: object) -> None:
    archive_of(house).add(write_document(house.home / "incoming", name, **facts))


def materialize(house: Settings, *keys: str, job: str | None = None, **config: Any) -> dg.ExecuteInProcessResult:
    """Materialise these assets alone, as from the web pages; all of them when none is named."""
    definitions = defs.build(house)
    name = job or "refresh"
    return definitions.resolve_job_def(name).execute_in_process(
        instance=dg.DagsterInstance.ephemeral(),
        asset_selection=[dg.AssetKey.from_user_string(key) for key in keys] or None,
        run_config={**running.QUIET, **config},
        raise_on_error=True,
    )


def metadata(result: dg.ExecuteInProcessResult, key: str) -> dict[str, Any]:
    for event in result.get_asset_materialization_events():
        if event.asset_key == dg.AssetKey.from_user_string(key):
            return {name: value.value for name, value in event.materialization.metadata.items()}
    raise AssertionError(f"{key} was not materialised")


def test_lineage_leads_from_the_archive_to_what_readers_see(house: Settings) -> None:
    graph = defs.build(house).resolve_asset_graph()

    def parents(key: str) -> set[str]:
        return {one.to_user_string() for one in graph.get(dg.AssetKey.from_user_string(key)).parent_keys}

    assert parents("landing/batches") == {"archive/documents"}
    assert parents("raw/cell") == {"landing/batches", "archive/registry"}
    assert parents("raw/unit") == {"archive/registry"}
    assert "raw/cell" in parents("staging/stg_cell")
    assert parents("conformed/fct_cell") == {"staging/stg_cell"}
    assert parents("marts/unit_year") == {"conformed/fct_cell", "marts/tables"}
    assert {"marts/unit_year", "marts/coverage"} <= parents("warehouse/published")


def test_every_asset_of_the_real_project_says_what_it_is(tmp_path: Path) -> None:
    graph = defs.build(settings(tmp_path / "house", "real")).resolve_asset_graph()
    assert {key.path[0] for key in graph.get_all_asset_keys()} >= {
        "archive",
        "landing",
        "raw",
        "staging",
        "conformed",
        "marts",
        "warehouse",
    }
    silent = [key.to_user_string() for key in graph.get_all_asset_keys() if not graph.get(key).description]
    assert silent == []
    loose = [
        node.key.to_user_string()
        for node in graph.asset_nodes
        if not node.is_materializable or (not node.parent_keys and node.key.path[0] not in ("archive", "staging"))
    ]
    assert loose == []


def test_a_run_of_the_job_publishes_and_reports_rows_and_seconds(house: Settings) -> None:
    add(house, "a.json")
    result = materialize(house)
    assert metadata(result, "raw/cell")["dagster/row_count"] == 6
    assert metadata(result, "raw/document")["by status"] == {"loaded": 1}
    assert metadata(result, "landing/batches")["documents read"] == 1
    unit_year = metadata(result, "marts/unit_year")
    assert unit_year["dagster/row_count"] == 2
    assert unit_year["seconds"] >= 0
    assert metadata(result, "warehouse/published")["figures"] == 5
    assert metadata(result, "archive/registry")["units"] == 1
    assert house.published.exists()


def test_each_asset_materialises_by_itself(house: Settings) -> None:
    add(house, "a.json")
    materialize(house)
    for key in sorted(key.to_user_string() for key in defs.build(house).resolve_asset_graph().get_all_asset_keys()):
        result = materialize(house, key)
        done = [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()]
        assert done == [key]


def test_warehouse_checks_and_tests_of_models_show_as_asset_checks(house: Settings) -> None:
    add(house, "a.json")
    result = materialize(house)
    checks = {
        f"{one.asset_key.to_user_string()}: {one.check_name}": one.passed
        for one in result.get_asset_check_evaluations()
    }
    assert checks["warehouse/published: keys_unique"]
    assert checks["warehouse/published: figures_kept"]
    assert checks["marts/unit_year: not_null_unit_year_amount_yuan"]
    assert all(checks.values())


def test_a_failed_check_stands_in_the_run_and_nothing_is_published(house: Settings) -> None:
    add(house, "a.json", project="40.00")
    materialize(house)
    before = house.published.readlink()
    document = house.home / "raw" / "documents" / "a.json"
    for path in (document, Path(f"{document}.datapackage.json")):
        path.unlink()
    result = (
        defs.build(house)
        .resolve_job_def("refresh")
        .execute_in_process(instance=dg.DagsterInstance.ephemeral(), run_config=running.QUIET, raise_on_error=False)
    )
    assert not result.success
    failed = [one.check_name for one in result.get_asset_check_evaluations() if not one.passed]
    assert failed == ["reports_kept"]
    assert house.published.readlink() == before
    accepted = {"ops": {"published": {"config": {"accept": "removed by its publisher"}}}}
    assert materialize(house, **accepted).success
    assert house.published.readlink() != before


def test_models_that_have_not_all_been_built_are_not_published(house: Settings) -> None:
    add(house, "a.json")
    materialize(house)
    add(house, "b.json", unit="某市民政局")
    materialize(house, "landing/batches")
    materialize(house, "raw/cell")
    materialize(house, "marts/unit_year")
    with pytest.raises(NotBuilt, match="run the job refresh"):
        materialize(house, "warehouse/published")
    assert refresh(house).reports == 2


def test_the_job_rebuild_takes_years(house: Settings) -> None:
    for year in (2021, 2022):
        add(house, f"{year}.json", year=year)
    materialize(house)
    result = materialize(house, job="rebuild", resources={"house": {"config": {"years": [2022]}}})
    assert metadata(result, "raw/pending")["fiscal years"] == ["2022"]
    result = materialize(house, job="rebuild")
    assert metadata(result, "raw/pending")["fiscal years"] == ["2021", "2022"]


def test_a_run_fails_at_once_when_another_holds_the_lock(house: Settings) -> None:
    code = (
        "import time; from filelock import FileLock; "
        f"lock = FileLock({str(house.lock)!r}); lock.acquire(); print('held', flush=True); time.sleep(60)"
    )
    house.lock.parent.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(dg.DagsterError) as caught:
            materialize(house)
        holder.kill()
    assert isinstance(caught.value.__cause__, Busy)
    assert "another refresh" in str(caught.value.__cause__)


def test_the_sensor_asks_once_for_what_is_due(house: Settings) -> None:
    definitions = defs.build(house)
    sensor = definitions.resolve_sensor_def("arrivals")

    def asked() -> Any:
        with dg.DagsterInstance.ephemeral() as instance:
            return sensor(dg.build_sensor_context(instance=instance))

    first = asked()
    assert isinstance(first, dg.RunRequest)
    assert asked().run_key == first.run_key  # Dagster starts one run per key
    refresh(house)
    assert isinstance(asked(), dg.SkipReason)
    arrived = write_document(house.inbox, "new.json")
    an_hour_ago = time.time() - 3600
    os.utime(arrived, (an_hour_ago, an_hour_ago))
    assert "new.json" in asked().run_key
    arrived.unlink()
    add(house, "a.json")
    assert asked().run_key == f"{House(house).due()} #1"


def test_the_schedule_is_nightly_and_starts_the_same_job(house: Settings) -> None:
    schedule = defs.build(house).resolve_schedule_def("nightly")
    assert (schedule.job_name, schedule.cron_schedule) == ("refresh", "30 2 * * *")


def test_history_and_settings_of_dagster_stay_below_the_warehouse(tmp_path: Path, still_library: None) -> None:
    house = settings(tmp_path / "house")
    assert refresh(house).outcome == "published"
    assert "enabled: false" in (house.dagster_home / "dagster.yaml").read_text()
    with running.history(house) as instance:
        (run,) = instance.get_runs()
        assert (run.job_name, run.status.value) == ("refresh", "SUCCESS")
        assert not instance.telemetry_enabled
    with warehouse.connect(house.published) as connection:
        assert connection.execute("select count(*) from marts.warehouse_version").fetchall() == [(1,)]
