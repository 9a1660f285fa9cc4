"""The command line: what goes to stdout and what does not, exit codes, both forms of each answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from juesuan import cli
from juesuan.final_accounts import jsonlines
from juesuan.settings import Settings, SettingsError, is_address

PROJECT = Path(__file__).parents[2]
TEXT_REPORT = PROJECT / "raw" / "documents" / "qingyuan-dsb-own-level-2023.txt"
PDF_REPORT = PROJECT / "raw" / "documents" / "shanghai-putuo-finance-2024.pdf"
OTHERS = PROJECT / "tests" / "fixtures" / "documents"
SCHEMA = Path(jsonlines.__file__).with_name("extract.schema.json")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command on an archive and a warehouse of its own: (exit code, stdout, stderr)."""
    monkeypatch.setenv("JUESUAN_RAW", str(tmp_path / "raw"))
    monkeypatch.setenv("JUESUAN_WAREHOUSE", str(tmp_path / "warehouse"))
    monkeypatch.delenv("JUESUAN_DEBUG", raising=False)

    def command(*argv: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            cli.main([str(one) for one in argv])
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return command


def lines_of(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


# --- extract


@pytest.mark.parametrize("file", [TEXT_REPORT, PDF_REPORT], ids=["text", "pdf"])
def test_every_line_of_extract_keeps_to_the_published_schema(run: Run, file: Path) -> None:
    code, out, _ = run("extract", file)
    assert code == 0
    lines = lines_of(out)
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    wrong = [(line, error.message) for line in lines for error in validator.iter_errors(line)]
    assert wrong == []
    kinds = [line["kind"] for line in lines]
    assert kinds[0] == "report" and Counter(kinds)["report"] == 1
    order = ["report", "cell", "statement", "indicator", "term", "passage", "check"]
    order += ["unrecognised_table", "unassigned_number"]
    assert kinds == sorted(kinds, key=order.index)
    assert {line["report"] for line in lines} == {0}


def test_money_is_a_plain_string_and_a_blank_is_null(run: Run) -> None:
    _, out, _ = run("extract", PDF_REPORT)
    cells = [line for line in lines_of(out) if line["kind"] == "cell"]
    blank = [cell for cell in cells if not cell["value_text"]]
    assert blank and all(cell["value"] is None for cell in blank)
    assert all(isinstance(cell["value"], str) for cell in cells if cell["value"] is not None)


def test_reports_of_several_files_count_on(run: Run) -> None:
    code, out, _ = run("extract", TEXT_REPORT, PDF_REPORT)
    reports = [line for line in lines_of(out) if line["kind"] == "report"]
    assert code == 0
    assert [(one["report"], one["document"]) for one in reports] == [(0, TEXT_REPORT.name), (1, PDF_REPORT.name)]
    assert len({one["document_id"] for one in reports}) == 2


def test_a_document_that_cannot_be_read_is_one_line_and_the_others_go_on(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").write_bytes(b"")
    code, out, err = run("extract", tmp_path / "empty.pdf", TEXT_REPORT)
    lines = lines_of(out)
    assert code == 1
    assert (lines[0]["kind"], lines[0]["status"]) == ("report", "failed")
    assert "empty" in lines[0]["reason"] and "empty.pdf" in err
    assert lines[1]["kind"] == "report" and lines[1]["status"] == "loaded"


@pytest.mark.parametrize("name", ["shanghai-putuo-blank-template.pdf", "shanghai-putuo-wanli-2024-budget.pdf"])
def test_what_is_no_final_accounts_is_properly_set_aside(run: Run, name: str) -> None:
    code, out, _ = run("extract", OTHERS / name)
    (line,) = lines_of(out)
    assert (code, line["status"]) == (0, "set_aside")
    assert line["reason"]


def test_a_missing_file_is_wrong_use_and_stdout_stays_empty(run: Run, tmp_path: Path) -> None:
    code, out, err = run("extract", TEXT_REPORT, tmp_path / "nowhere.pdf")
    assert (code, out) == (2, "")
    assert "nowhere.pdf" in err


def test_our_own_fault_in_one_file_does_not_stop_the_next(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from juesuan.final_accounts import extract as module

    real = module.extract

    def faulty(data: bytes, name: str = "") -> Any:
        if name == "odd.txt":
            raise ZeroDivisionError("by us")
        print("a library talks")
        return real(data, name)

    monkeypatch.setattr(module, "extract", faulty)
    (tmp_path / "odd.txt").write_text("text")
    code, out, err = run("extract", "--in-process", tmp_path / "odd.txt", TEXT_REPORT)
    assert code == 3
    assert "odd.txt" in err and "our fault" in err and "a library talks" in err
    assert lines_of(out)[0]["kind"] == "report"


def test_a_closed_pipe_is_no_fault() -> None:
    ran = subprocess.run(
        f"{sys.executable} -m juesuan extract {TEXT_REPORT} | head -c 100",
        shell=True,
        capture_output=True,
        cwd=PROJECT,
    )
    assert len(ran.stdout) == 100
    assert ran.stderr == b""


def test_a_document_beyond_its_limits_fails_by_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUESUAN_MAX_BYTES", "100")
    code, out, err = run("extract", TEXT_REPORT)
    (line,) = lines_of(out)
    assert (code, line["status"]) == (1, "failed")
    assert "max_bytes" in line["reason"] and TEXT_REPORT.name in err
    code, out, _ = run("add", TEXT_REPORT)
    assert code == 1 and "limit of 100" in out


def test_extract_says_the_same_in_every_process() -> None:
    said = []
    for seed in ("1", "2"):
        ran = subprocess.run(
            [sys.executable, "-m", "juesuan", "extract", "--in-process", str(TEXT_REPORT)],
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=PROJECT,
            check=True,
        )
        said.append(ran.stdout)
    assert said[0] == said[1] != b""


def test_both_ways_to_extract_say_the_same(run: Run) -> None:
    assert run("extract", TEXT_REPORT)[1] == run("extract", "--in-process", TEXT_REPORT)[1]


# --- the archive


def test_add_reads_what_a_document_is(run: Run) -> None:
    code, out, _ = run("add", TEXT_REPORT, "--source", "https://example.org/a", "--json")
    (result,) = json.loads(out)
    assert (code, result["outcome"]) == (0, "added")
    (report,) = result["reports"]
    assert (report["fiscal_year"], report["scope"], report["family"]) == (2023, "own_level", "final_accounts")
    code, out, _ = run("add", TEXT_REPORT)
    assert code == 0 and "copy of documents/" in out


def test_add_keeps_what_it_cannot_read_and_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)))
    code, out, _ = run("add", tmp_path / "noise.bin", TEXT_REPORT)
    assert code == 1
    assert "failed" in out and "noise.bin" in out and "added" in out
    code, out, _ = run("list", "--json")
    assert [one["status"] for one in json.loads(out)] == ["failed", "archived"]


def test_assertions_need_a_basis(run: Run) -> None:
    code, _, err = run("add", TEXT_REPORT, "--year", "2022")
    assert code == 2 and "--basis" in err


def test_review_without_a_terminal_says_what_to_say_and_never_asks(run: Run, tmp_path: Path) -> None:
    text = TEXT_REPORT.read_text(encoding="utf-8").replace("2023", "XXXX")
    (tmp_path / "no year.txt").write_text(text, encoding="utf-8")
    code, out, _ = run("add", tmp_path / "no year.txt")
    assert code == 0 and "needs_review" in out and "juesuan review set" in out
    _, out, _ = run("review", "list", "--json")
    item = json.loads(out)[0]
    assert item["kind"] == "document" and "--year" in item["say"]
    code, _, _ = run("review", "set", item["id"], "--year", "2023", "--basis", "the address says so")
    assert code == 0
    _, out, _ = run("review", "list", "--json")
    (unit,) = json.loads(out)
    assert unit["kind"] == "unit"
    code, out, _ = run("review", "confirm", unit["id"], "--basis", "looked it up")
    assert code == 0 and unit["name"] in out
    assert "nothing waits" in run("review", "list")[1]


def test_units_are_listed_and_a_succession_is_recorded_or_refused_whole(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "raw" / "registry"
    folder.mkdir(parents=True)
    head = "unit_id,division_code,kind,kind_source,kind_confidence,confirmed,note\n"
    (folder / "units.csv").write_text(head + "".join(f"{one},990101,,,,true,\n" for one in "abc"), encoding="utf-8")
    names = "unit_id,name,name_kind,from_year,to_year,source\n"
    names += "a,某县农业局,official,,2018,\nb,某县农业农村局,official,2019,,\n"
    (folder / "unit_names.csv").write_text(names, encoding="utf-8")
    said = ("--kind", "rename", "--from-year", "2019", "--evidence", "the notice of the county")
    code, out, _ = run("units", "confirm", "--before", "a", "--after", "b", "--effective", "2019-03-01", *said)
    assert code == 0 and "某县农业局 -> 某县农业农村局" in out
    code, out, _ = run("units", "list", "农业", "--json")
    assert code == 0
    assert [(one["unit_id"], one["series"]) for one in json.loads(out)] == [("a", "a"), ("b", "a")]
    assert "某县农业局 (-2018)" in out
    code, _, err = run("units", "confirm", "--before", "b", "--after", "a", *said)
    assert code == 1 and "succession.csv: row 2" in err and "circle" in err
    assert (folder / "succession.csv").read_text(encoding="utf-8").count("\n") == 2
    decisions = (folder / "decisions.jsonl").read_text(encoding="utf-8")
    assert decisions.count("succeed") == 1 and "the notice of the county" in decisions
    code, _, err = run("units", "propose")
    assert code == 1 and "juesuan refresh" in err


def test_withdraw_refile_and_verify(run: Run, tmp_path: Path) -> None:
    run("add", TEXT_REPORT)
    name = TEXT_REPORT.name
    assert run("refile", name, "--reason", "misprint")[0] == 2
    code, out, _ = run("refile", name, "--year", "2022", "--reason", "misprint", "--json")
    assert code == 0 and json.loads(out)["assertions"][0]["value"] == 2022
    assert run("withdraw", name, "--reason", "by mistake")[0] == 0
    assert "by mistake" in run("list")[1]
    assert run("withdraw", name, "--undo", "--reason", "was right")[0] == 0
    assert run("verify")[0] == 0
    (tmp_path / "raw" / "documents" / name).write_text("something else")
    code, out, _ = run("verify", "--json")
    (finding,) = json.loads(out)["findings"]
    assert code == 1 and finding["kind"] == "sha256_differs"
    code, _, err = run("withdraw", "nothing.pdf", "--reason", "x")
    assert code == 1 and "nothing.pdf" in err and "juesuan list" in err


def test_the_inbox_is_taken(run: Run, tmp_path: Path) -> None:
    inbox = tmp_path / "raw" / "inbox"
    code, out, _ = run("add", "--inbox")
    assert code == 0 and str(inbox) in out
    assert run("add")[0] == 2


# --- the warehouse


def publish(folder: Path) -> None:
    """A published warehouse with one table."""
    import duckdb

    version = folder / "versions" / "20260105-1"
    version.mkdir(parents=True)
    with duckdb.connect(str(version / "juesuan.duckdb")) as connection:
        connection.execute("create schema marts; create schema raw")
        connection.execute("create table marts.warehouse_version as select '20260105-1' as version_id")
        connection.execute("create table raw.document as select 'loaded' as status from range(2)")
        connection.execute(
            "create table marts.unit_year as select '甲市财政局' as unit_name, 1234.50::decimal(18,2) as final_yuan, "
            "null::varchar as note"
        )
    (folder / "juesuan.duckdb").symlink_to("versions/20260105-1/juesuan.duckdb")


def test_query_answers_in_three_forms(run: Run, tmp_path: Path) -> None:
    publish(tmp_path / "warehouse")
    sql = "select * from marts.unit_year"
    assert json.loads(run("query", sql, "--json")[1]) == [
        {"unit_name": "甲市财政局", "final_yuan": "1234.50", "note": None}
    ]
    assert run("query", sql, "--csv")[1] == "unit_name,final_yuan,note\n甲市财政局,1234.50,\n"
    out = run("query", sql)[1].splitlines()
    assert any("甲市财政局" in line and "1234.50" in line for line in out)
    assert run("query", sql, "--json", "--csv")[0] == 2


def test_columns_stay_aligned_with_chinese_in_them(run: Run, tmp_path: Path) -> None:
    from rich.cells import cell_len

    publish(tmp_path / "warehouse")
    sql = "select unit_name, '|' as bar from marts.unit_year union all select 'x', '|' order by 1"
    lines = [line for line in run("query", sql)[1].splitlines() if line.endswith("|")]
    assert len(lines) == 2
    assert len({cell_len(line) for line in lines}) == 1


@pytest.mark.parametrize("sql", ["select * from nothing", "drop table marts.unit_year", "selec 1"])
def test_a_query_that_cannot_run_changes_nothing_and_says_why(run: Run, tmp_path: Path, sql: str) -> None:
    publish(tmp_path / "warehouse")
    code, out, err = run("query", sql)
    assert (code, out) == (1, "")
    assert "the query could not run" in err
    assert run("query", "select 1 from marts.unit_year")[0] == 0


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select content from read_text('/etc/hostname')",
        "select * from glob('/*')",
        "copy marts.unit_year to '{folder}/out.csv'",
        "export database '{folder}/out'",
        "attach '{folder}/out.duckdb' as other",
        "install httpfs",
        "load httpfs",
        "select * from read_parquet('https://example.org/x.parquet')",
        "set enable_external_access = true",
        "set memory_limit = '1TB'",
        "reset lock_configuration",
        "create table marts.mine as select 1",
        "insert into marts.unit_year values ('x', 1, null)",
        "update marts.unit_year set final_yuan = 0",
        "delete from marts.unit_year",
        "drop table marts.unit_year",
        "create or replace secret s (type s3)",
        "checkpoint",
    ],
)
def test_a_query_reads_the_warehouse_and_nothing_else(run: Run, tmp_path: Path, sql: str) -> None:
    publish(tmp_path / "warehouse")
    file = (tmp_path / "warehouse" / "juesuan.duckdb").resolve()
    before = file.read_bytes()
    code, out, _ = run("query", sql.format(folder=tmp_path))
    # there is nothing to write, and DuckDB says nothing of it
    assert (code, out) == (1, "") or (sql == "checkpoint" and code == 0)
    assert file.read_bytes() == before
    assert not list(tmp_path.glob("out*"))


def test_without_a_warehouse_the_answer_says_how_to_get_one(run: Run) -> None:
    code, _, err = run("query", "select 1")
    assert code == 1 and "juesuan refresh" in err


def test_status_counts_the_archive_and_names_the_version(run: Run, tmp_path: Path) -> None:
    run("add", TEXT_REPORT)
    before = json.loads(run("status", "--json")[1])
    assert (before["documents"], before["archive_status"], before["published"]) == (1, {"archived": 1}, None)
    publish(tmp_path / "warehouse")
    after = json.loads(run("status", "--json")[1])["published"]
    assert (after["version"], after["document_status"]) == ("20260105-1", {"loaded": 2})
    assert "20260105-1" in run("status")[1]


def test_doctor_finds_this_machine_well_and_names_what_is_not(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = run("doctor", "--json")
    assert code == 0
    checks = [look["check"] for look in json.loads(out)]
    assert checks[:2] == ["python", "packages"] and {"symbolic links", "lock"} <= set(checks)
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "warehouse" / "juesuan.duckdb").symlink_to("versions/gone/juesuan.duckdb")
    code, out, _ = run("doctor")
    assert code == 1 and "juesuan refresh" in out


def test_doctor_sees_a_running_refresh(run: Run, tmp_path: Path) -> None:
    from filelock import FileLock

    (tmp_path / "warehouse").mkdir()
    with FileLock(Settings.load().lock):
        assert "a refresh is running" in run("doctor")[1]


# --- errors and settings


def test_wrong_use_and_our_fault_have_codes_of_their_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("no-such-command")[0] == 2
    from juesuan.final_accounts import archive

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by us")

    monkeypatch.setattr(archive, "Archive", broken)
    code, out, err = run("list")
    assert (code, out) == (3, "")
    assert "our fault" in err and "--debug" in err and "Traceback" not in err
    monkeypatch.setenv("JUESUAN_DEBUG", "")  # so that what --debug sets is undone
    assert "Traceback" in run("list", "--debug")[2]


def test_a_folder_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("a file where the archive should be")
    code, _, err = run("add", TEXT_REPORT)
    assert code == 1 and str(tmp_path / "raw") in err and "Traceback" not in err


def test_settings_follow_the_environment(tmp_path: Path) -> None:
    plain = Settings.load({"JUESUAN_HOME": str(tmp_path)})
    assert (plain.raw, plain.inbox) == (str(tmp_path / "raw"), tmp_path / "raw" / "inbox")
    assert plain.published == tmp_path / "warehouse" / "juesuan.duckdb"
    remote = Settings.load({"JUESUAN_HOME": str(tmp_path), "JUESUAN_RAW": "s3://bucket/raw"})
    assert (remote.raw, remote.inbox) == ("s3://bucket/raw", tmp_path / "raw" / "inbox")
    assert Settings.load({"JUESUAN_MAX_PAGES": "7"}).limits.max_pages == 7
    assert Settings.load({}).home == PROJECT
    with pytest.raises(SettingsError, match="JUESUAN_SECONDS"):
        Settings.load({"JUESUAN_SECONDS": "soon"})


@pytest.mark.parametrize(
    ("raw", "address"), [("s3://b/r", True), ("/data/raw", False), ("C:\\raw", False), ("raw", False)]
)
def test_an_address_has_a_protocol(raw: str, address: bool) -> None:
    assert is_address(raw) is address


# --- every command


#: Servers, and those whose answer has a form of its own.
WITHOUT_JSON = {"extract", "dagster", "daemon", "dashboard", "mcp", "metrics"}


def commands() -> list[tuple[str, ...]]:
    from typer.main import get_command

    found: list[tuple[str, ...]] = []

    def walk(command: Any, path: tuple[str, ...]) -> None:
        for name, inner in getattr(command, "commands", {}).items():
            walk(inner, (*path, name))
        if path and not getattr(command, "commands", None):
            found.append(path)

    walk(get_command(cli.app), ())
    return found


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_explains_itself_and_answers_in_json(run: Run, command: tuple[str, ...]) -> None:
    code, out, _ = run(*command, "--help")
    assert code == 0
    assert f"Usage: juesuan {' '.join(command)}" in out
    first = next(line.strip() for line in out.splitlines()[1:] if line.strip())
    assert first.endswith((".", ":")) or len(first) > 20
    assert ("--json" in out) == (command[-1] not in WITHOUT_JSON)


def test_shells_can_complete_commands() -> None:
    environment = {**os.environ, "_JUESUAN_COMPLETE": "complete_bash", "COMP_WORDS": "juesuan dash", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "from juesuan.cli import main; main()"], env=environment, capture_output=True, text=True
    )
    assert "dashboard" in done.stdout


def test_what_a_service_prints_is_json_lines(tmp_path: Path) -> None:
    environment = {**os.environ, "JUESUAN_LOG": "json", "JUESUAN_WAREHOUSE": str(tmp_path)}
    run = [sys.executable, "-m", "juesuan", "query", "select 1"]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
    (line,) = map(json.loads, done.stderr.splitlines())
    assert done.returncode == 1
    assert line["level"] == "error"
    assert "juesuan refresh" in line["message"]
    assert line["time"].endswith("+00:00")
