"""What the command line prints: tables that stay aligned with Chinese in them, JSON, CSV, and what went
wrong.

Belongs here: the outer form of answers. Does not belong here: finding the answers. Answers go to stdout,
remarks and errors to stderr, so that stdout can be piped. ``rich`` is imported when a table is really drawn.
"""

from __future__ import annotations

import csv
import datetime
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from juesuan.final_accounts.numbers import plain

#: Wide enough for any row: where nobody watches, nothing is folded or cut.
_PIPE_WIDTH = 10_000
#: Columns up to this many cells are never folded.
_SHORT = 16


def utf8(stream: TextIO) -> TextIO:
    """The same stream, printing UTF-8 and plain newlines whatever the terminal's locale says."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", newline="\n")
    return stream


def text(value: Any) -> str:
    """One value as a person reads it: nothing for None, money without exponents, lists joined."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value) or ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={text(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(text(item) for item in value)
    return str(value)


def jsonable(value: Any) -> Any:
    """The same value as JSON can hold it; a Decimal becomes a plain string, never a float."""
    if isinstance(value, Decimal):
        return plain(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [jsonable(item) for item in value]
    if isinstance(value, (datetime.date, datetime.datetime, datetime.time)):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def emit_json(value: Any) -> None:
    """One JSON document on stdout, readable."""
    print(json.dumps(jsonable(value), ensure_ascii=False, indent=2), file=utf8(sys.stdout))


def emit_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """CSV with a header row and LF on stdout; a blank is an empty field."""
    writer = csv.writer(utf8(sys.stdout), lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([text(value) for value in row])


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    title: str | None = None,
    right: Iterable[str] = (),
) -> None:
    """A table on stdout; columns named in ``right`` (figures) are aligned to the right."""
    from rich import box
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = utf8(sys.stdout)
    console = Console(file=out, width=None if out.isatty() else _PIPE_WIDTH, highlight=False)
    figures = set(right)
    drawn = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    cells = [[text(value) for value in row] for row in rows]
    for at, column in enumerate(columns):
        widest = max(cell_len(part) for part in (column, *(row[at] for row in cells)))
        drawn.add_column(
            Text(column),
            justify="right" if column in figures else "left",
            overflow="fold",
            # What is short stays whole; only long texts give way in a narrow terminal.
            min_width=widest if widest <= _SHORT else None,
        )
    for row in cells:
        drawn.add_row(*map(Text, row))
    with console.capture() as drawing:
        console.print(drawn)
    for drawn_line in drawing.get().splitlines():
        print(drawn_line.rstrip(), file=out)


def records(
    found: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    as_json: bool,
    title: str | None = None,
    empty: str = "nothing",
    right: Iterable[str] = (),
) -> None:
    """The same answer in either form: a table of the named columns, or every field as JSON."""
    if as_json:
        emit_json(list(found))
    elif found:
        table(columns, [[one.get(column) for column in columns] for one in found], title=title, right=right)
    else:
        print(empty, file=utf8(sys.stdout))


def line(message: str) -> None:
    """One line of the answer, on stdout."""
    print(message, file=utf8(sys.stdout))


def remark(message: str) -> None:
    """One line beside the answer, on stderr."""
    if structured():
        log("info", message)
    else:
        print(message, file=utf8(sys.stderr))


@cache
def structured() -> bool:
    """Whether what goes to stderr is to be one JSON object a line, as the settings say; never for who watches."""
    from juesuan.final_accounts.model import JuesuanError
    from juesuan.settings import Told

    if sys.stderr.isatty():
        return False
    try:
        return bool(Told(os.environ).value("log.format") == "json")
    except JuesuanError:
        return False  # settings that cannot be read are complained of by whoever needs them


def log(level: str, message: str, **fields: Any) -> None:
    """One JSON object on a line of stderr: time in UTC, level, message, and what else there is."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    content = {"time": now, "level": level, "message": message, **fields}
    print(json.dumps(jsonable(content), ensure_ascii=False), file=utf8(sys.stderr), flush=True)


@contextmanager
def bar() -> Iterator[Any]:
    """A bar of rich on stderr: what, how far, how many a second, how long still."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column
    from rich.text import Text

    class Counted(MofNCompleteColumn):
        """Nothing where nothing is counted."""

        def render(self, task: Any) -> Text:
            return super().render(task) if task.total else Text("")

    class Rate(ProgressColumn):
        """How many a second."""

        def render(self, task: Any) -> Text:
            return Text(f"{task.speed:,.1f}/s" if task.total and task.speed else "")

    what = TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True))
    columns = (SpinnerColumn(), what, BarColumn(20), Counted(), Rate(), TimeElapsedColumn(), TimeRemainingColumn())
    # A stream of its own to the same terminal: Dagster turns the usual one to its logs while a step runs.
    with os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8") as out:
        console = Console(file=out, force_terminal=True)
        with Progress(*columns, console=console, transient=True, expand=True) as shown:
            yield shown


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None] | None]:
    """What tells how far something is, (what, done, of): one changing line on stderr; None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    with ExitStack() as shown:
        drawn: Any = None
        task: Any = None

        def tell(what: str, done: int, of: int) -> None:
            nonlocal drawn, task
            if drawn is None:  # most documents are read before there is anything to tell
                drawn = shown.enter_context(bar())
                task = drawn.add_task(what, total=of)
            drawn.update(task, description=what, completed=done, total=of)

        yield tell


def error(message: str) -> None:
    """What went wrong, on stderr: what, where, what to do."""
    if structured():
        log("error", message)
    else:
        print(f"juesuan: {message}", file=utf8(sys.stderr))
