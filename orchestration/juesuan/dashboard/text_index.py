"""Search in the words of reports: an index of pairs of characters, kept beside the warehouse.

Belongs here: making and renewing the index, finding passages by words, the sentence of a passage that has them. Does
not belong here: what the page shows.

Chinese has no spaces between words, so every two characters that follow each other are a term, and words are found as
terms in a row: exact, whatever a dictionary knows. SQLite's FTS5 holds the terms (it is in Python's own library;
DuckDB's full-text extension would have to be downloaded, and cuts at spaces). The index follows the warehouse: what a
new version added, changed or took away is renewed, and nothing else.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
from filelock import FileLock

#: Changed when passages are cut or written otherwise: an index of another kind is made anew.
_KIND = "1"
# A term that no text has, between sentences: words are not found across them.
_BREAK = "zzz"
_ENDS = frozenset("。；！？;!?\n")
_BATCH = 2000
_LONGEST_WORD = 60

_HERE = """
select p.document_id || '/' || p.report_no || '/' || p.passage_no as key,
       cast(hash(p.text, p.section, p.report_id, f.release, f.unit_name, p.line) as varchar) as hash,
       p.report_id, f.release, p.unit_id, f.unit_name, p.fiscal_year, f.scope, p.document_id, p.section, p.heading,
       p.text, p.page, p.line
from raw.passage as p
inner join raw.report_document as b on p.report_id = b.report_id and p.document_id = b.document_id
    and p.report_no = b.report_no
inner join conformed.fct_release as f on b.report_id = f.report_id and b.release = f.release and f.is_current
where p.text is not null and p.text <> ''
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentence that has the words; ``marks`` are the parts of it that are meant. Page and line are the passage's."""

    unit_id: str
    unit_name: str
    fiscal_year: int
    scope: str
    section: str
    heading: str
    sentence: str
    marks: tuple[tuple[int, int], ...]
    document_id: str
    page: int | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """How many passages and reports have the words, by year, and the best of them."""

    passages: int
    reports: int
    by_year: tuple[tuple[int, int], ...]
    hits: tuple[Hit, ...]


def file_of(warehouse: Path) -> Path:
    """Where the index is kept."""
    return warehouse / "search" / "text.sqlite"


def renew(index: Path, connection: duckdb.DuckDBPyConnection, version: str) -> None:
    """Make the index that of a version; quick where it is so already or little has changed."""
    if _version(index) == version:
        return
    index.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{index}.lock"):
        if _version(index) == version:
            return
        with closing(_open(index)) as held, held:
            known = dict(held.execute("select key, hash from passage"))
            seen = dict(connection.execute(f"select key, hash from ({_HERE})").fetchall())
            gone = [key for key, hash_ in known.items() if seen.get(key) != hash_]
            new = [key for key, hash_ in seen.items() if known.get(key) != hash_]
            for key in gone:
                row, text = held.execute("delete from passage where key = ? returning id, text", (key,)).fetchone()
                # FTS5 without content takes terms out by being told them
                held.execute("insert into term (term, rowid, words) values ('delete', ?, ?)", (row, terms_of(text)))
            for rows in _rows(connection, new, all_new=len(new) == len(seen)):
                for row in rows:
                    cursor = held.execute(
                        "insert into passage (key, hash, report_id, release, unit_id, unit_name, fiscal_year, scope,"
                        " document_id, section, heading, text, page, line) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                        row,
                    )
                    held.execute("insert into term (rowid, words) values (?, ?)", (cursor.lastrowid, terms_of(row[11])))
            held.execute("insert or replace into said (name, value) values ('version', ?)", (version,))


def _rows(
    connection: duckdb.DuckDBPyConnection, keys: Sequence[str], *, all_new: bool
) -> Iterator[list[tuple[object, ...]]]:
    if not keys:
        return
    if all_new:
        found = connection.cursor().execute(_HERE)
        while rows := found.fetchmany(_BATCH):
            yield rows
        return
    for first in range(0, len(keys), _BATCH):
        part = list(keys[first : first + _BATCH])
        yield connection.cursor().execute(f"select * from ({_HERE}) where list_contains(?, key)", [part]).fetchall()


def _version(index: Path) -> str | None:
    if not index.exists():
        return None
    try:
        with closing(sqlite3.connect(f"file:{index}?mode=ro", uri=True, timeout=30)) as held:
            said = dict(held.execute("select name, value from said"))
    except sqlite3.Error:
        return None
    return said.get("version") if said.get("kind") == _KIND else None


def _open(index: Path) -> sqlite3.Connection:
    """The index to write to; one that is damaged or of another kind is made anew."""
    for again in (False, True):
        held = sqlite3.connect(index, timeout=30)
        try:
            held.execute("pragma journal_mode = wal")
            held.executescript(_TABLES)
            kind = held.execute("select value from said where name = 'kind'").fetchone()
            if kind is None:
                held.execute("insert into said (name, value) values ('kind', ?)", (_KIND,))
            if kind is None or kind[0] == _KIND:
                return held
        except sqlite3.DatabaseError:
            if again:
                raise
        held.close()
        for file in index.parent.glob(f"{index.name}*"):
            if file.suffix != ".lock":
                file.unlink()
    raise sqlite3.DatabaseError(f"{index} cannot be made anew")


_TABLES = """
create table if not exists said (name text primary key, value text);
create table if not exists passage (
    id integer primary key, key text unique, hash text, report_id text, release integer, unit_id text, unit_name text,
    fiscal_year integer, scope text, document_id text, section text, heading text, text text, page integer, line integer
);
create virtual table if not exists term using fts5(
    words, content='', tokenize='unicode61 remove_diacritics 0', detail='full'
);
"""


# --- words ------------------------------------------------------------------------------------------------------------


def _letters(text: str) -> tuple[str, list[int]]:
    """The letters and digits of a text, alike whatever their width and case; where each stands. A break between
    sentences is a line break."""
    out: list[str] = []
    places: list[int] = []
    for at, char in enumerate(text):
        if char in _ENDS:
            out.append("\n")
            places.append(at)
            continue
        for letter in unicodedata.normalize("NFKC", char).lower():
            if letter.isalnum():
                out.append(letter)
                places.append(at)
    return "".join(out), places


def terms_of(text: str) -> str:
    """The terms of a text: every two letters that follow each other within a sentence, and its last letter alone."""
    out: list[str] = []
    for run in _letters(text)[0].split("\n"):
        if run:
            out += [run[k : k + 2] for k in range(len(run))]
            out.append(_BREAK)
    return " ".join(out)


def query_of(words: str) -> str | None:
    """What FTS5 is asked for words parted by spaces, all of which are to be there; None where nothing is asked."""
    phrases = []
    for word in words.split():
        run = _letters(word[:_LONGEST_WORD])[0].replace("\n", "")
        if len(run) == 1:
            phrases.append(f'"{run}" *')
        elif run:
            phrases.append('"' + " ".join(run[k : k + 2] for k in range(len(run) - 1)) + '"')
    return " AND ".join(phrases) or None


def search(
    index: Path,
    words: str,
    *,
    years: Sequence[int] = (),
    unit: str | None = None,
    section: str | None = None,
    most: int = 200,
) -> Found:
    """The passages that have all the words, the best first. ``unit``: a part of the name; ``section``: the key of a
    chapter."""
    query = query_of(words)
    if query is None:
        return Found(0, 0, (), ())
    where, given = ["term match ?"], [query]  # type: list[str], list[object]
    if years:
        where.append(f"fiscal_year in ({','.join('?' * len(years))})")
        given += list(years)
    if unit:
        where.append("instr(unit_name, ?) > 0")
        given.append(unit)
    if section:
        where.append("section = ?")
        given.append(section)
    base = f"from term inner join passage on passage.id = term.rowid where {' and '.join(where)}"
    with closing(sqlite3.connect(f"file:{index}?mode=ro", uri=True, timeout=30)) as held:
        passages, reports = held.execute(f"select count(*), count(distinct report_id) {base}", given).fetchone()
        by_year = held.execute(
            f"select fiscal_year, count(*) {base} group by fiscal_year order by fiscal_year", given
        ).fetchall()
        rows = held.execute(
            "select unit_id, unit_name, fiscal_year, scope, section, heading, text, document_id, page, line"
            f" {base} order by bm25(term), fiscal_year desc, passage.id limit ?",
            [*given, most],
        ).fetchall()
    wanted = [run for word in words.split() if (run := _letters(word[:_LONGEST_WORD])[0].replace("\n", ""))]
    hits = tuple(_hit(row, wanted) for row in rows)
    return Found(int(passages), int(reports), tuple((int(y), int(n)) for y, n in by_year), hits)


def _hit(row: Sequence[object], wanted: Sequence[str]) -> Hit:
    unit_id, name, year, scope, section, heading, text, document, page, line = row
    sentence, marks, down = sentence_of(str(text), wanted)
    at = None if line is None else int(str(line)) + down
    return Hit(
        str(unit_id),
        str(name or ""),
        int(str(year)),
        str(scope or ""),
        str(section or ""),
        str(heading or ""),
        sentence,
        marks,
        str(document),
        None if page is None else int(str(page)),
        at,
    )


def sentence_of(text: str, wanted: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...], int]:
    """The sentence that has the most of the words, where they stand in it, and how many lines below the first it is."""
    best: tuple[int, str, tuple[tuple[int, int], ...], int] | None = None
    first = 0
    for end in [k + 1 for k, char in enumerate(text) if char in _ENDS] + [len(text)]:
        sentence = text[first:end]
        marks = tuple(_marks(sentence, wanted))
        found = len({sentence[a:b] for a, b in marks})
        if sentence.strip() and (best is None or found > best[0]):
            lead = len(sentence) - len(sentence.lstrip())
            own = tuple((a - lead, b - lead) for a, b in marks)
            best = (found, sentence.strip(), own, text.count("\n", 0, first))
        first = end
    return (best[1], best[2], best[3]) if best else (text.strip(), (), 0)


def _marks(sentence: str, wanted: Sequence[str]) -> Iterator[tuple[int, int]]:
    letters, places = _letters(sentence)
    spans = []
    for word in wanted:
        at = letters.find(word)
        while at >= 0:
            spans.append((places[at], places[at + len(word) - 1] + 1))
            at = letters.find(word, at + len(word))
    end = -1
    for start, stop in sorted(spans):
        if start >= end:
            yield start, stop
            end = stop
