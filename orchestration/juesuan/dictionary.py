"""The data dictionary: what the tables and columns mean, and where a column of the printed form is found.

Belongs here: putting together what dbt says of models and seeds with the words of the printed form, searching it, the
page ``docs/data-dictionary.md``. Does not belong here: the descriptions themselves (``dbt_project``), the words of the
form (``final_accounts/forms``).

``python -m juesuan.dictionary FILE`` writes the page.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unicodedata import normalize

from juesuan.settings import Settings

#: What analysts read, in the order in which they meet it; staging is for those who build.
_ROOMS = {"marts": "models/marts", "conformed": "models/conformed", "seeds": "seeds"}
_DOC = re.compile(r"{% docs (\w+) %}(.*?){% enddocs %}", re.S)
_REFERENCE = re.compile(r"{{ doc\('(\w+)'\) }}")
#: A description is Chinese, then English, each a sentence or several.
_LANGUAGES = re.compile(r"(.*[。；])\s*([!-~].*)", re.S)


@dataclass(frozen=True)
class Entry:
    """One thing that can be looked up. ``column`` is empty for a table itself, ``printed`` for what no form prints.

    ``place`` is where a query finds it; ``printed`` the words of the form, each number of a table and title among them.
    """

    kind: str
    place: str
    column: str
    data_type: str
    chinese: str
    english: str
    printed: tuple[str, ...] = ()

    def found_by(self, words: Sequence[str]) -> bool:
        """Whether every word stands somewhere in it; case, width and 表三 for 表3 do not matter."""
        text = _plain(" ".join((self.place, self.column, self.chinese, self.english, *self.printed)))
        return all(_has(text, _plain(word)) for word in words)

    def record(self) -> dict[str, Any]:
        return {**asdict(self), "printed": list(self.printed)}


_DIGITS = dict(zip("一二三四五六七八九", "123456789", strict=True))


def _plain(text: str) -> str:
    folded = normalize("NFKC", text).casefold()
    return re.sub(r"(?<=表)[一二三四五六七八九](?![一-鿿])", lambda m: _DIGITS[m[0]], folded)


def _has(text: str, word: str) -> bool:
    """A word that ends in a number is not the beginning of a longer number: 表1 is not 表10."""
    if word[-1:].isdigit():
        return re.search(re.escape(word) + r"(?!\d)", text) is not None
    return word in text


def _split(text: str) -> tuple[str, str]:
    text = " ".join(text.split())
    found = _LANGUAGES.fullmatch(text)
    return (found[1].strip(), found[2].strip()) if found else (text, "")


def tables(settings: Settings) -> Iterator[Entry]:
    """Every table of the warehouse and of the reference data, each followed by its columns; source: dbt."""
    import yaml

    project = settings.dbt_project
    texts = dict(_DOC.findall((project / "models" / "columns.md").read_text(encoding="utf-8")))
    for kind, folder in _ROOMS.items():
        for path in sorted((project / folder).glob("*.yml")):
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            for table in [*content.get("models", []), *content.get("seeds", [])]:
                place = f"{kind}.{table['name']}" if kind != "seeds" else f"staging.{table['name']}"
                yield Entry(kind, place, "", "", *_split(table.get("description", "")))
                types = table.get("config", {}).get("column_types", {})
                for column in table.get("columns", []):
                    said = _REFERENCE.sub(lambda m: texts[m[1]], column.get("description", ""))
                    data_type = column.get("data_type") or types.get(column["name"], "")
                    yield Entry(kind, place, column["name"], data_type, *_split(said))


def printed(settings: Settings, known: Sequence[Entry]) -> Iterator[Entry]:
    """Every column and line of the printed form, with the places that hold it; source: the form data.

    The cell itself is always found by its address: table, row and column in ``marts.published_figure``.
    """
    import yaml

    from juesuan.final_accounts.forms import load_forms

    forms = load_forms()
    homes = yaml.safe_load((Path(__file__).parent / "dictionary.yml").read_text(encoding="utf-8"))
    columns = {(entry.place, entry.column) for entry in known if entry.kind == "marts"}
    seeds = settings.dbt_project / "seeds"
    for file, key_name, by in (("form_column.csv", "column_key", "column"), ("form_line.csv", "line_key", "line")):
        with (seeds / file).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                form = forms.tables.get(row["table_key"])
                if form is None:
                    continue
                key = row[key_name]
                number = re.fullmatch(r"T(\d)", row["table_key"])
                titles = ((f"表{number[1]}",) if number else ()) + (form.chinese, *form.titles)
                english = f"{by} {key} of {row['table_key']} ({form.name.replace('_', ' ')})"
                home = homes.get(row["table_key"])
                if home:
                    place = f"marts.{home['mart']}"
                    names = dict.fromkeys((f"{row['measure']}_yuan", f"{key}_yuan", f"{key.replace('.', '_')}_yuan"))
                    own = next((f"{place}.{name}" for name in names if (place, name) in columns), None)
                    own = own or (place if home.get("long") else None)
                    if own:
                        english += f"; also {own}" + (f" where {home['where']}" if "where" in home else "")
                yield Entry(
                    "form",
                    "marts.published_figure",
                    f"{row['table_key']}/{key}",
                    "decimal(18, 2)",
                    row["label"],
                    english,
                    tuple(dict.fromkeys(titles)),
                )


def entries(settings: Settings) -> list[Entry]:
    """All that can be looked up: tables and columns, then what the form prints."""
    known = list(tables(settings))
    return [*known, *printed(settings, known)]


def search(settings: Settings, words: Sequence[str]) -> list[Entry]:
    """The entries in which every word stands, in Chinese or in English; all of them for no words."""
    return [entry for entry in entries(settings) if entry.found_by(words)]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def page(known: Iterable[Entry]) -> str:
    """The dictionary as Markdown: the printed form first, then the tables."""
    every = list(known)
    lines = [
        "# Data dictionary",
        "",
        "Written by `python -m juesuan.dictionary docs/data-dictionary.md` from the descriptions of the models and the",
        "words of the printed form; a test holds it equal. Search it in either language:",
        "`juesuan dictionary 表3 基本支出`. `make docs` builds the site of dbt, with lineage.",
        "",
        "## From the printed form to the column",
        "",
        "Every printed cell stands in `marts.published_figure` under its table, row and column; a mart named beside it",
        "holds it too. Numbers of tables other than 表1 to 表6 differ from year to year and place to place.",
    ]
    table = ""
    for entry in (e for e in every if e.kind == "form"):
        key, _, name = entry.column.partition("/")
        if key != table:
            table = key
            lines += [
                "",
                f"### {key} {'，'.join(entry.printed[:3])}",
                "",
                "| printed | key | where |",
                "| --- | --- | --- |",
            ]
        where = entry.english.partition("; also ")[2]
        lines.append(f"| {_cell(entry.chinese)} | {name} | {_cell(where)} |")
    for kind in _ROOMS:
        lines += ["", f"## {kind}"]
        for entry in (e for e in every if e.kind == kind):
            if not entry.column:
                lines += ["", f"### {entry.place}", "", entry.chinese, "", entry.english, ""]
                lines += ["| column | type | 中文 | English |", "| --- | --- | --- | --- |"]
            else:
                said = (entry.column, entry.data_type, _cell(entry.chinese), _cell(entry.english))
                lines.append(f"| {' | '.join(said)} |")
    return "\n".join(lines) + "\n"


def main(path: str) -> None:
    """Write the page."""
    Path(path).write_text(page(entries(Settings.load())), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
