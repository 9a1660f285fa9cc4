"""A refresh publishes what changed, says what it refuses, does nothing twice, and gives the same as a
rebuild.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.fixtures.house import CHECKOUT, archive_of, content, describe_fake, write_document

from juesuan import refresh as module
from juesuan import warehouse
from juesuan.final_accounts import describe
from juesuan.refresh import refresh
from juesuan.settings import Settings
from juesuan.transform import work_file

pytestmark = pytest.mark.integration


def add(house: Settings, name: str, **facts: object) -> None:
    archive_of(house).add(write_document(house.home / "incoming", name, **facts))


def ask(house: Settings, query: str) -> list[tuple]:
    with warehouse.connect(house.published) as connection:
        return connection.execute(query).fetchall()


def test_a_second_refresh_has_nothing_to_do_and_starts_nothing(
    house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(house, "a.json")
    first = refresh(house)
    assert (first.outcome, first.exit_code, first.documents, first.reports) == ("published", 0, {"loaded": 1}, 1)

    def started(_: object) -> None:
        raise AssertionError("a refresh with nothing to do started the job")

    monkeypatch.setattr(module, "_run_job", started)
    second = refresh(house)
    assert (second.outcome, second.exit_code, second.version) == ("nothing_to_do", 0, first.version)
    assert second.figures == first.figures == 5


def test_an_empty_archive_is_published_too(house: Settings) -> None:
    assert refresh(house).outcome == "published"
    assert ask(house, "select count(*) from marts.unit_year") == [(0,)]
    assert refresh(house).outcome == "nothing_to_do"


def test_only_what_changed_is_read_and_the_rest_stays(house: Settings) -> None:
    add(house, "a.json")
    refresh(house)
    add(house, "b.json", unit="某市民政局", basic="61.00")
    told: list[str] = []
    outcome = refresh(house, progress=lambda step, what, *_: told.append(f"{step}: {what}"))
    assert outcome.read == {"loaded": 1}
    assert "landing: b.json: loaded" in told
    assert "raw: 1 new" in told
    assert outcome.reports == 2


def test_a_rebuild_gives_the_same_tables_row_for_row(house: Settings) -> None:
    add(house, "a.json")
    refresh(house)
    add(house, "b.json", basic="61.00")
    refresh(house)
    archive_of(house).withdraw("a.json", "published by mistake")
    add(house, "c.json", year=2022)
    assert refresh(house).outcome == "published"
    step_by_step = content(house.published)
    assert refresh(house, rebuild=True).outcome == "published"
    at_once = content(house.published)
    differs = {name for name in step_by_step if step_by_step[name] != at_once.get(name)}
    assert differs == {"marts.version_change"}  # nothing changed between these two versions
    assert at_once["marts.version_change"] == []


def test_one_document_that_cannot_be_read_stops_no_other(house: Settings) -> None:
    add(house, "a.json")
    incoming = house.home / "incoming"
    (incoming / "broken.json").write_text("{", encoding="utf-8")
    archive = archive_of(house)
    archive._describe = lambda data, name: archive_of_failure(name)
    archive.add(incoming / "broken.json")
    outcome = refresh(house)
    assert outcome.exit_code == 0
    assert outcome.documents == {"loaded": 1, "failed": 1}
    ((path, reason),) = ask(house, "select path, reason from raw.document where status = 'failed'")
    assert path == "documents/broken.json"
    assert "broken.json" in reason


def archive_of_failure(name: str):
    from juesuan.final_accounts.describe import Described

    return Described("application/json", failure=f"{name}: not read")


def test_a_refusal_stays_until_it_is_accepted_or_mended(house: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    add(house, "a.json")
    refresh(house)
    document = house.home / "raw" / "documents" / "a.json"
    for path in (document, Path(f"{document}.datapackage.json")):
        path.rename(house.home / path.name)
    refused = refresh(house)
    assert (refused.outcome, refused.exit_code) == ("refused", 1)
    assert "reports_kept" in (refused.message or "")
    assert ask(house, "select count(*) from raw.report") == [(1,)]

    with monkeypatch.context() as patched:
        patched.setattr(module, "_run_job", lambda _: pytest.fail("a refused build was built again"))
        assert refresh(house).outcome == "refused"

    assert refresh(house, accept="the publisher asked us to remove it").outcome == "published"
    assert ask(house, "select count(*) from raw.report") == [(0,)]
    assert refresh(house).outcome == "nothing_to_do"


def test_a_refusal_that_is_mended_is_published_without_a_reason(house: Settings) -> None:
    add(house, "a.json")
    refresh(house)
    document = house.home / "raw" / "documents" / "a.json"
    aside = house.home / "aside"
    aside.mkdir()
    moved = [document, Path(f"{document}.datapackage.json")]
    for path in moved:
        path.rename(aside / path.name)
    assert refresh(house).outcome == "refused"
    for path in moved:
        (aside / path.name).rename(path)
    assert refresh(house).outcome == "nothing_to_do"  # what is published is again what follows from the input
    add(house, "b.json", year=2022)
    assert refresh(house).outcome == "published"
    assert ask(house, "select count(*) from raw.report") == [(2,)]


def test_a_test_of_a_model_that_fails_refuses_the_build_and_names_itself(house: Settings) -> None:
    add(house, "a.json")
    refresh(house)
    test = house.dbt_project / "tests" / "no_unit_spends.sql"
    test.parent.mkdir()
    test.write_text("select * from {{ ref('unit_year') }}", encoding="utf-8")
    refused = refresh(house)
    assert refused.outcome == "refused"
    assert "no_unit_spends" in (refused.message or "")
    assert refresh(house).outcome == "refused"
    test.unlink()
    assert refresh(house).outcome == "nothing_to_do"


def test_a_changed_model_is_built_anew_and_a_removed_one_is_gone(house: Settings) -> None:
    add(house, "a.json")
    refresh(house)
    (house.dbt_project / "models" / "coverage.sql").unlink()
    model = house.dbt_project / "models" / "fct_cell.sql"
    model.write_text(model.read_text().replace("select c.*", "select c.*, 1 as one"), encoding="utf-8")
    assert refresh(house).outcome == "published"
    assert ask(house, "select distinct one from conformed.fct_cell") == [(1,)]
    assert ask(house, "select table_name from information_schema.tables where table_name = 'coverage'") == []


def test_a_lost_or_damaged_work_file_is_built_anew(house: Settings) -> None:
    add(house, "a.json")
    refresh(house)
    before = content(house.published)
    for damage in (lambda file: file.unlink(), lambda file: file.write_bytes(b"nothing" * 5000)):
        damage(work_file(house))
        model = house.dbt_project / "models" / "unit_year.sql"
        model.write_text(model.read_text() + "\n-- changed\n", encoding="utf-8")
        assert refresh(house).outcome == "published"
        after = content(house.published)
        assert {name for name in before if before[name] != after[name]} <= {"marts.version_change"}


def test_a_lost_landing_is_read_again(house: Settings) -> None:
    import shutil

    add(house, "a.json")
    refresh(house)
    before = content(house.published)
    shutil.rmtree(house.landing)
    work_file(house).unlink()
    outcome = refresh(house, rebuild=True)
    assert outcome.read == {"loaded": 1}
    assert {name for name, rows in content(house.published).items() if rows != before[name]} <= {"marts.version_change"}


def test_some_years_can_be_built_again(house: Settings) -> None:
    for year in (2021, 2022):
        add(house, f"{year}.json", year=year)
    refresh(house)
    told: list[str] = []
    outcome = refresh(house, years=[2021], progress=lambda step, what, *_: told.append(f"{step}: {what}"))
    assert outcome.outcome == "published"
    assert "raw: 1 changed" in told


def test_files_in_the_inbox_are_taken_in(house: Settings, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(describe, "describe", lambda data, name, limits: describe_fake(data, name))
    arrived = write_document(house.inbox, "new.json")
    still_arriving = write_document(house.inbox, "half.json", year=2022)
    an_hour = 3600
    os.utime(arrived, (time.time() - an_hour, time.time() - an_hour))
    # it goes on arriving, however long the refresh takes to look
    os.utime(still_arriving, (time.time() + 50, time.time() + 50))
    outcome = refresh(house)
    assert (outcome.taken_in, outcome.documents) == (1, {"loaded": 1})
    assert not arrived.exists()
    assert still_arriving.exists()


def test_a_second_refresh_at_the_same_time_is_told_to_wait(house: Settings) -> None:
    code = (
        "import sys, time; from filelock import FileLock; "
        f"lock = FileLock({str(house.lock)!r}); lock.acquire(); print('held', flush=True); time.sleep(60)"
    )
    house.lock.parent.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "held"
        outcome = refresh(house)
        holder.kill()
    assert (outcome.outcome, outcome.exit_code) == ("busy", 75)
    assert not house.published.exists()
    assert refresh(house).outcome == "published"  # the lock of a killed process is free


def test_a_reader_keeps_its_version_through_a_refresh(house: Settings) -> None:
    add(house, "a.json")
    refresh(house)
    reader = warehouse.Reader(house.published)
    old = reader.connection()
    add(house, "b.json", unit="某市民政局")
    refresh(house)
    query = "select count(*) from raw.report"
    assert old.execute(query).fetchall() == [(1,)]
    assert reader.connection().execute(query).fetchall() == [(2,)]
    reader.close()


def test_nothing_is_written_into_the_dbt_project(house: Settings) -> None:
    add(house, "a.json")
    before = sorted(path.relative_to(house.home) for path in house.dbt_project.rglob("*"))
    refresh(house)
    assert sorted(path.relative_to(house.home) for path in house.dbt_project.rglob("*")) == before


def test_a_refresh_with_nothing_to_do_imports_nothing_heavy(tmp_path: Path) -> None:
    """With the real library, in processes of their own: an archive without documents."""
    from tests.fixtures.house import settings

    home = settings(tmp_path / "house").home
    code = (
        "import sys; from juesuan.settings import Settings; from juesuan.refresh import refresh; "
        "print(refresh(Settings.load()).outcome, "
        "[m for m in ('dagster', 'dbt', 'duckdb', 'pandas', 'pyarrow') if m in sys.modules])"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "JUESUAN_HOME": str(home)},
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for _ in range(2)
    ]
    assert said[0].startswith("published")
    assert said[1] == "nothing_to_do []"


def test_a_damaged_manifest_is_named_and_the_others_go_on(house: Settings) -> None:
    add(house, "good.json")
    add(house, "bad.json", year=2022)
    manifest = house.home / "raw" / "documents" / "bad.json.datapackage.json"
    whole = manifest.read_text(encoding="utf-8")
    manifest.write_text("{", encoding="utf-8")
    outcome = refresh(house)
    assert outcome.documents == {"loaded": 1, "failed": 1}
    ((path, reason),) = ask(house, "select path, reason from raw.document where status = 'failed'")
    assert path == "documents/bad.json"
    assert "bad.json.datapackage.json" in reason

    manifest.write_text(whole, encoding="utf-8")
    assert refresh(house).documents == {"loaded": 2}

    manifest.write_text("{", encoding="utf-8")
    refused = refresh(house)
    assert (refused.outcome, refused.exit_code) == ("refused", 1)
    assert "bad.json.datapackage.json" in (refused.message or "")
    assert ask(house, "select count(*) from raw.report") == [(2,)]
