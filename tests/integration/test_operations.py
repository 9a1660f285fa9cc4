"""docs/operations.md, line by line: units, settings, back-up and restore, a warehouse of an earlier version."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest
from tests.conftest import ROOT

import juesuan
from juesuan import cli
from juesuan.refresh import EXIT_CODES
from juesuan.settings import OPTIONS, Settings

pytestmark = pytest.mark.integration
SERVICE = ROOT / "orchestration" / "service"
UNITS = sorted([*SERVICE.glob("*.service"), *SERVICE.glob("*.timer")])
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
PREVIOUS = ROOT / "tests" / "fixtures" / "previous" / "house.tar.xz"
REPORT = ROOT / "raw" / "documents" / "qingyuan-dsb-own-level-2023.txt"


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``juesuan`` with these variables and no other of ours."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("JUESUAN_")}
    return subprocess.run(
        [sys.executable, "-m", "juesuan", *command],
        env=bare | environment,
        capture_output=True,
        text=True,
        check=False,
    )


# --- what is shipped


@pytest.mark.program("systemd-analyze")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        assert "ExecStart" in text or unit.suffix == ".timer"
        # it looks whether the programs are there
        (tmp_path / unit.name).write_text(text.replace("/opt/juesuan/.venv/bin/juesuan", sys.executable), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "juesuan" in line]
    assert (done.returncode, ours) == (0, [])


def commands() -> list[str]:
    """Every command of ours in the units and the cron line."""
    said = "\n".join(path.read_text(encoding="utf-8") for path in (*UNITS, SERVICE / "juesuan.cron"))
    found = re.findall(r"/opt/juesuan/\.venv/bin/juesuan ([^\n]*?)(?: >>| \|\||$)", said, re.M)
    assert len(found) >= 7
    return found


@pytest.mark.parametrize("command", commands())
def test_what_the_units_call_is_a_command_with_these_options(command: str) -> None:
    name, *rest = shlex.split(command)
    given = [word for word in rest if word.startswith("--")]
    said = run(name, "--help")
    assert said.returncode == 0
    assert [one for one in given if one not in said.stdout] == []


def test_every_unit_tells_when_it_fails_and_may_write_little() -> None:
    for unit in SERVICE.glob("*.service"):
        text = unit.read_text(encoding="utf-8")
        assert "User=juesuan" in text
        assert "ProtectSystem=strict" in text
        assert "NoNewPrivileges=yes" in text
        assert "@" in unit.name or "OnFailure=juesuan-alert@%n.service" in text
        assert f"`{unit.name}`" in (SERVICE / "README.md").read_text(encoding="utf-8")


def test_the_shipped_settings_file_holds_with_every_line_in_force(tmp_path: Path) -> None:
    text = (SERVICE / "juesuan.toml").read_text(encoding="utf-8")
    (tmp_path / "token").write_text("geheim", encoding="utf-8")
    in_force = re.sub(r"^# (?!to_file)(\w+ = )", r"\1", text, flags=re.M).replace("/etc/juesuan/token", "token")
    for content in (text, in_force):
        (tmp_path / "juesuan.toml").write_text(content, encoding="utf-8")
        settings = Settings.load({"JUESUAN_HOME": str(tmp_path)})
        assert settings.keep == Settings.load({}).keep
        assert settings.unattended == Settings.load({}).unattended
    assert (settings.access.token, settings.access.hosts) == ("geheim", ("juesuan.example.org",))
    assert len(settings.alerts) == 2
    assert settings.warehouse == tmp_path / "warehouse"


def test_the_page_lists_every_setting_as_it_is() -> None:
    for option in OPTIONS:
        default = "" if option.default is None else f"`{option.default}`"
        assert f"| `{option.key}` | `{option.env}` | {default} | {option.says} |" in PAGE


def test_the_page_lists_the_exit_codes_as_they_are() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \| ", PAGE, re.M)}
    assert listed == {cli.OK, cli.REFUSED, cli.WRONG_USE, cli.OUR_FAULT, cli.BUSY} == listed | set(EXIT_CODES.values())


# --- back-up and restore


def block(kind: str) -> list[str]:
    (found,) = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.S)
    return found.splitlines()


def house_of(home: Path) -> dict[str, str]:
    """The project's folder somewhere else, as a restore has it."""
    home.mkdir()
    for name in ("dbt_project", "orchestration", "pyproject.toml"):
        (home / name).symlink_to(ROOT / name)
    return {"JUESUAN_HOME": str(home), "JUESUAN_WAREHOUSE": str(home / "warehouse")}


def figures(warehouse: Path) -> list[tuple[object, ...]]:
    with juesuan.connect(path=warehouse / "juesuan.duckdb") as connection:
        return connection.execute(
            "select unit_id, fiscal_year, scope, table_key, row_key, column_key, value_text, amount_yuan, document, "
            "page from marts.published_figure order by all"
        ).fetchall()


def as_said(lines: list[str], environment: Mapping[str, str]) -> None:
    for line in lines:
        words = [os.path.expandvars(word) for word in shlex.split(line)]
        words = [re.sub(r"\$(\w+)", lambda found: environment[found[1]], word) for word in words]
        if words[0] == "juesuan":
            done = run(*words[1:], **environment)
        else:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line, done.stdout, done.stderr)


@pytest.mark.long
def test_what_was_backed_up_is_restored_to_the_last_figure(published: Path, tmp_path: Path) -> None:
    backup = {"BACKUP": str(tmp_path / "backup.tgz")}
    as_said(block("backup"), {"JUESUAN_HOME": str(ROOT)} | backup)
    restored = house_of(tmp_path / "restored")
    as_said(block("restore"), restored | backup)
    assert figures(tmp_path / "restored" / "warehouse") == figures(published)


# --- a warehouse of an earlier version


@pytest.mark.long
def test_a_warehouse_of_an_earlier_version_is_read_and_goes_on(tmp_path: Path) -> None:
    environment = house_of(tmp_path / "house")
    home = tmp_path / "house"
    with tarfile.open(PREVIOUS) as kept:
        kept.extractall(home, filter="fully_trusted")
    before = (home / "warehouse" / "juesuan.duckdb").readlink()
    with duckdb.connect(str((home / "warehouse" / before).resolve()), read_only=True) as connection:
        count = connection.execute("select count(*), count(value) from raw.cell").fetchone()
    assert count == (753, 753)
    # the new code reads what the old one published, before any refresh
    status = run("status", "--json", **environment)
    assert json.loads(status.stdout)["published"]["version"] == before.parent.name
    old = run("query", "select count(*) as n from marts.published_figure", "--json", **environment)
    assert json.loads(old.stdout) == [{"n": 753}]

    # the registry of then is read as it is, and written as it is now with its next change
    units = home / "raw" / "registry" / "units.csv"
    assert "uscc" in units.read_text(encoding="utf-8").partition("\n")[0]
    shutil.copy(REPORT, home / "raw" / "inbox" / "another.txt")
    with (home / "raw" / "inbox" / "another.txt").open("a", encoding="utf-8") as more:
        more.write("\n（另一份）\n")
    os.utime(home / "raw" / "inbox" / "another.txt", (1, 1))
    done = run("refresh", "--json", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    outcome = json.loads(done.stdout)
    assert (outcome["outcome"], outcome["taken_in"]) == ("published", 1)
    with juesuan.connect(path=home / "warehouse" / "juesuan.duckdb") as connection:

        def ask(query: str) -> list[tuple[object, ...]]:
            return connection.execute(query).fetchall()

        assert ask("select count(*) from marts.version_change") == [(0,)], "the upgrade changed figures"
        assert ask("select count(*) from marts.published_figure where is_current") == [(753,)]
        assert len(ask("select * from raw.unit_parent")) == 3
        assert ask("select from_year, to_year from raw.expected_body where unit_id = 'u13429eade9f6'") == [(2023, 2023)]
    assert (home / "warehouse" / before).exists(), "the version before stays for its readers"
    assert run("refresh", "--json", **environment).returncode == 0
