"""The published tables as files: every row, exact, described, and taken by the programs they are for."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import frictionless
import pandas as pd
import pytest
from typer.testing import CliRunner

from juesuan.cli import app
from juesuan.export import ExportError, export, tables_of

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def folder(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("export") / "release"
    done = export(published / "juesuan.duckdb", to, formats=("parquet", "csv", "xlsx"))
    assert done.left_out == ()
    return to


def rows_of(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    return sorted(map(repr, connection.execute(f"from {relation}").fetchall()))


def test_parquet_holds_every_row_of_every_mart_with_its_type(published: Path, folder: Path) -> None:
    with duckdb.connect(str(published / "juesuan.duckdb"), read_only=True) as connection:
        tables = tables_of(connection, ("marts",))
        assert {"unit_year", "published_figure"} <= {table.name for table in tables}
        for table in tables:
            file = folder / "parquet" / "marts" / f"{table.name}.parquet"
            assert rows_of(connection, f"'{file}'") == rows_of(connection, f"marts.{table.name}"), table.name
            kinds = connection.execute(f"describe from '{file}'").fetchall()
            assert [(k[0], k[1]) for k in kinds] == [(c.name, c.kind) for c in table.columns]


def test_parquet_is_sorted_and_the_same_every_time(published: Path, folder: Path, tmp_path: Path) -> None:
    export(published / "juesuan.duckdb", tmp_path / "again", wanted=("published_figure",))
    one, other = (f / "parquet" / "marts" / "published_figure.parquet" for f in (folder, tmp_path / "again"))
    assert one.read_bytes() == other.read_bytes()
    with duckdb.connect() as connection:
        years = [r[0] for r in connection.execute(f"select fiscal_year from '{one}'").fetchall()]
    assert years == sorted(years)


def test_csv_is_exact_and_excel_knows_its_letters(published: Path, folder: Path) -> None:
    file = folder / "csv" / "marts" / "unit_year.csv"
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    read = pd.read_csv(file, dtype=str, encoding="utf-8-sig")
    with duckdb.connect(str(published / "juesuan.duckdb"), read_only=True) as connection:
        found = connection.execute("select unit_name, expenditure_total_yuan from marts.unit_year").fetchall()
    assert {(n, Decimal(a)) for n, a in zip(read["unit_name"], read["expenditure_total_yuan"], strict=True)} == set(
        found
    )


def test_a_workbook_says_on_each_header_what_it_means(folder: Path) -> None:
    from openpyxl import load_workbook

    book = load_workbook(folder / "xlsx" / "marts" / "unit_year.xlsx")
    header = {cell.value: cell.comment.text for cell in book["unit_year"][1] if cell.comment}
    assert "Fiscal year" in header["fiscal_year"]
    assert book["dictionary"].max_row > 50


@pytest.mark.parametrize("name", ["datapackage.json", "fiscal-datapackage.json"])
def test_the_packages_are_valid(folder: Path, name: str) -> None:
    report = frictionless.validate(str(folder / name))
    assert report.valid, report.flatten(["place", "type", "message"])[:5]
    assert report.tasks


def test_the_fiscal_package_says_what_its_columns_are(folder: Path) -> None:
    package = json.loads((folder / "fiscal-datapackage.json").read_text("utf-8"))
    names = {resource["title"] for resource in package["resources"]}
    assert names == {"marts.spending_by_function", "marts.spending_by_economic_class"}
    for resource in package["resources"]:
        kinds = [field.get("columnType") for field in resource["schema"]["fields"]]
        assert kinds.count("value") == 1 and "date:fiscal-year" in kinds


def test_the_checksums_are_those_of_the_files(folder: Path) -> None:
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    assert len(lines) > 90
    for line in lines:
        checksum, _, path = line.partition("  ")
        assert hashlib.sha256((folder / path).read_bytes()).hexdigest() == checksum


def test_an_earlier_export_is_replaced_and_nothing_else(published: Path, tmp_path: Path) -> None:
    file = published / "juesuan.duckdb"
    export(file, tmp_path / "out", wanted=("unit_year", "marts.coverage"))
    export(file, tmp_path / "out", wanted=("coverage",))
    assert [f.name for f in (tmp_path / "out" / "parquet" / "marts").iterdir()] == ["coverage.parquet"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(ExportError, match="no export of ours"):
        export(file, tmp_path / "mine")
    with pytest.raises(ExportError, match="no table nothing"):
        export(file, tmp_path / "out", wanted=("nothing",))
    with pytest.raises(ExportError, match="no format"):
        export(file, tmp_path / "out", formats=("doc",))
    assert (tmp_path / "out" / "datapackage.json").exists(), "what is refused changes nothing"


def test_the_command_says_what_it_wrote(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUESUAN_WAREHOUSE", str(published))
    done = CliRunner().invoke(
        app, ["export", str(tmp_path / "out"), "--table", "unit_year", "--format", "csv", "--json"]
    )
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert [file["path"] for file in said["files"]] == ["csv/marts/unit_year.csv"]
    assert said["files"][0]["rows"] == 2
