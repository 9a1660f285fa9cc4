"""What README, runbook and the summary of a refresh tell a reader to type works as they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from tests.conftest import ROOT

import juesuan
from juesuan.summary import QUERIES

pytestmark = pytest.mark.integration

SCHEMAS = ("raw", "staging", "conformed", "marts")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = sorted(
    {
        command.split("#")[0].strip()
        for page in PAGES
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8").replace("\n   ", "\n"), re.S)
        for command in block.splitlines()
        if re.match(r"(?:\.venv/bin/)?juesuan ", command.strip())
    }
)


@pytest.mark.parametrize("question", QUERIES)
def test_the_queries_to_try_next_answer(question: str, published: Path) -> None:
    with juesuan.connect(path=published / "juesuan.duckdb") as connection:
        assert connection.execute(QUERIES[question]).fetchall()


def test_the_readme_reproduces_a_printed_total(published: Path) -> None:
    (query,) = re.findall(r"```sql\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    with juesuan.connect(path=published / "juesuan.duckdb") as connection:
        rows = connection.execute(query).fetchall()
    assert len(rows) == 2
    assert all(abs(difference) <= Decimal(300) for *_, difference in rows)
    assert all(printed > 0 for _, _, printed, _, _ in rows)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_pages_run(command: str, published: Path, tmp_path: Path) -> None:
    words = command.removeprefix(".venv/bin/").split()[1:]
    if any("." in word and not word.startswith("-") for word in words):
        words = [words[0], "--help"]  # a file of the reader's own
    environment = {**os.environ, "JUESUAN_WAREHOUSE": str(published)}
    run = [sys.executable, "-m", "juesuan", *words]
    done = subprocess.run(run, env=environment, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_every_table_and_column_says_what_it_is_in_both_languages(published: Path) -> None:
    with juesuan.connect(path=published / "juesuan.duckdb") as connection:
        commented = connection.execute(
            """
            select schema_name || '.' || table_name, comment from duckdb_tables()
            union all select schema_name || '.' || view_name, comment from duckdb_views() where not internal
            union all select schema_name || '.' || table_name || '.' || column_name, comment from duckdb_columns()
            where not internal
            """
        ).fetchall()
    ours = [(name, text or "") for name, text in commented if name.split(".")[0] in SCHEMAS]
    assert len(ours) > 500
    assert [name for name, text in ours if not (re.search(r"[一-鿿]", text) and re.search("[A-Za-z]{2}", text))] == []
