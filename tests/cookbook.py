"""The answers in docs/cookbook.md: ``python -m tests.cookbook FILE`` asks a published file and writes them.

Belongs here: finding the queries of the page and showing their answers. Does not belong here: the queries (the page),
holding the page against the answers (tests/integration/test_cookbook.py).
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import duckdb

PAGE = Path(__file__).parents[1] / "docs" / "cookbook.md"
_QUERY = re.compile(r"```sql\n(?P<sql>.*?)\n```\n(?:\n(?P<answer>\|.*?|\(no row\))\n(?=\n))?", re.DOTALL)


def queries(page: str) -> list[tuple[str, str]]:
    """Every query of the page with the answer that stands under it ('' where none does)."""
    return [(found["sql"], found["answer"] or "") for found in _QUERY.finditer(page)]


def answer(published: Path, sql: str) -> str:
    """The answer as a table of the page."""
    with duckdb.connect(str(published), read_only=True) as connection:
        asked = connection.execute(sql)
        names = [one[0] for one in asked.description]
        rows = asked.fetchall()
    if not rows:
        return "(no row)"
    lines = [names, ["---"] * len(names), *([_shown(value) for value in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).replace("|", "\\|").replace("\n", " ")


def answered(page: str, published: Path) -> str:
    """The page with the answers that the file gives."""
    return _QUERY.sub(lambda found: f"```sql\n{found['sql']}\n```\n\n{answer(published, found['sql'])}\n", page)


if __name__ == "__main__":
    PAGE.write_text(answered(PAGE.read_text(encoding="utf-8"), Path(sys.argv[1])), encoding="utf-8")
