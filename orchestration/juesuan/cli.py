"""The command line: ``juesuan COMMAND``.

Belongs here: options, exit codes, and which function of the house answers. Does not belong here: the
answers. Each command is a small function that imports what it needs when it is called, so that ``juesuan
extract`` starts without Dagster, dbt, DuckDB or pandas; only the commands of the warehouse and of Dagster
load those.

Exit codes: 0 done; 1 could not, or refused (said on stderr); 2 wrong use; 3 our fault; 75 another refresh (or push)
is running.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from juesuan.final_accounts.model import JuesuanError

if TYPE_CHECKING:
    from datetime import date

    from juesuan.final_accounts.archive import AddResult, Archive
    from juesuan.final_accounts.manifest import Asserted, Document
    from juesuan.final_accounts.model import Extraction
    from juesuan.settings import Settings

OK, REFUSED, WRONG_USE, OUR_FAULT, BUSY = 0, 1, 2, 3, 75

#: Types of DuckDB whose values are aligned to the right.
_NUMERIC = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT|NUMBER")

app = typer.Typer(
    name="juesuan",
    help="A warehouse of the final accounts (部门决算) of Chinese government bodies.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,  # plain help starts in a tenth of a second
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
# What a person says of a document, wherever it is asked for.
Which = Annotated[str, typer.Argument(help="document_id (six digits do), path or file name.")]
Unit = Annotated[str | None, typer.Option(help="Whose report it is: a unit_id or a name.")]
Division = Annotated[str | None, typer.Option(help="Division of the unit, six digits.")]
Year = Annotated[str | None, typer.Option(help="Fiscal year.")]
Scope = Annotated[str | None, typer.Option(help="department, own_level or unit.")]
Family = Annotated[str | None, typer.Option(help="final_accounts, budget, template, ...")]
# Where a server listens.
Port = Annotated[int, typer.Option(help="Where it is served.", min=1, max=65535)]
Address = Annotated[str, typer.Option(help="Who may reach it: this machine alone, unless another address is given.")]
OpenToAll = Annotated[bool, typer.Option("--open-to-all", help="Let other machines in although nothing is asked.")]
ReportNumber = Annotated[int | None, typer.Option(help="Only this report of the document, from 0.")]


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its code. ``--debug`` is understood anywhere before a bare ``--``."""
    given = list(sys.argv[1:] if argv is None else argv)
    options = given[: given.index("--")] if "--" in given else given
    if "--debug" in options:
        given.remove("--debug")
        os.environ["JUESUAN_DEBUG"] = "1"
    try:
        app(given, prog_name="juesuan")
    except JuesuanError as problem:
        _complain(str(problem), problem)
        sys.exit(REFUSED)
    except BrokenPipeError:
        _quiet_stdout()
        sys.exit(REFUSED)
    except Exception as problem:
        if isinstance(problem, OSError) and problem.filename is not None:
            _complain(f"{problem.filename}: {problem.strerror}; mend that and say it again", problem)
            sys.exit(REFUSED)
        _complain(
            f"our fault, not yours: {type(problem).__name__}: {problem}; nothing published has changed; "
            "run it again with --debug and report what it prints",
            problem,
        )
        sys.exit(OUR_FAULT)
    sys.exit(OK)


def _complain(message: str, problem: Exception) -> None:
    """One clear line; the traceback before it only for those who asked for it."""
    from juesuan import show

    if os.environ.get("JUESUAN_DEBUG"):
        import traceback

        show.remark("".join(traceback.format_exception(problem)).rstrip())
    show.error(message)


def _quiet_stdout() -> None:
    """The reader of our output has gone: nothing more is to be flushed to it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of what goes wrong.")] = False,
) -> None:
    """Each command says more about itself: juesuan COMMAND --help."""


@app.command()
def version(as_json: Json = False) -> None:
    """Print the version of juesuan."""
    from juesuan import __version__, show

    if as_json:
        show.emit_json({"version": __version__})
    else:
        show.line(__version__)


# --- one document, no warehouse ---------------------------------------------------------------------------


@app.command()
def extract(
    files: Annotated[
        list[Path],
        typer.Argument(exists=True, help="Reports: PDF, Office, web pages, text, archives, or a folder of these."),
    ],
    in_process: Annotated[
        bool, typer.Option("--in-process", help="Read in this process, without limits on time and memory.")
    ] = False,
) -> None:
    """Print what a report says as JSON lines.

    Touches no warehouse.

    Kinds of lines: report, cell, statement, indicator, term, passage, check, unrecognised_table,
    unassigned_number. Exit 0 when every file was read or properly set aside, 1 when one could not be read.
    """
    from juesuan import show
    from juesuan.final_accounts import jsonlines

    out = show.utf8(sys.stdout)
    number, code = 0, OK
    for file, found in _extractions(files, in_process):
        if isinstance(found, OSError):
            show.error(f"{file}: {found.strerror}; nothing was read from it")
            code = max(code, REFUSED)
            continue
        if isinstance(found, Exception):
            fault = f"our fault: {type(found).__name__}: {found}"
            _complain(f"{file}: {fault}; run it again with --debug and report what it prints", found)
            code = OUR_FAULT
            continue
        for extraction in found:
            for line in jsonlines.lines(extraction, number, file.name):
                out.write(jsonlines.dumps(line) + "\n")
            number += 1
            if extraction.report.status == "failed":
                show.error(f"{file}: {extraction.report.reason}")
                code = max(code, REFUSED)
        out.flush()
    raise typer.Exit(code)


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(exists=True, help="A report in any format, or a folder.")],
    table: Annotated[str | None, typer.Option(metavar="KEY", help="Show the cells of one table: T3, or U1.")] = None,
    checks: Annotated[str, typer.Option(help="Checks to show: failed, all, or a state.")] = "failed",
    pages: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Draw the pages to this folder, not FILE.explained.")
    ] = None,
    no_pages: Annotated[bool, typer.Option("--no-pages", help="Draw no pages.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files there that are not ours.")] = False,
    as_json: Json = False,
) -> None:
    """Show what was seen in a document, and why.

    Its kind and pages, each report with its evidence, tables with title, form and reason, figures and how they were
    placed, statements, checks. Pages of a PDF or picture are written as PNG, every cell outlined, to FILE.explained in
    the current folder; with --table or --json only where --pages says so. Touches no warehouse. Exit 1 when the
    document could not be read or a page not be drawn.
    """
    from juesuan import explaining, show
    from juesuan.settings import Settings

    states = ("failed", "all", "pass", "within_rounding", "fail", "could_not_run", "not_applicable")
    if checks not in states:
        raise typer.BadParameter(f"--checks is one of {', '.join(states)}")
    if pages is not None and no_pages:
        raise typer.BadParameter("either --pages or --no-pages")
    file, limits = file.resolve(), Settings.load().limits
    with show.progress() as progress:
        found = explaining.explain(file, limits, progress)

    from juesuan.explaining import said

    if table is not None and not as_json:
        said.tell_table(found, table)
    elif not as_json:
        said.tell(found, checks)
    drawn = None
    if found.sheets and not no_pages and (pages is not None or not (table or as_json)):
        folder = pages or Path(f"{file.name}.explained")
        with show.progress() as progress:
            drawn = explaining.draw(file, found.sheets, folder, limits, force, progress)
    if as_json:
        show.emit_json(said.document(found, checks, table, drawn))
    elif drawn is not None:
        said.tell_drawn(drawn)
    problems = [one.extraction.report.reason for one in found.reports if one.extraction.report.status == "failed"]
    problems += [drawn.problem] if drawn is not None and drawn.problem else []
    for problem in problems:
        show.error(f"{file.name}: {problem}")
    raise typer.Exit(REFUSED if problems else OK)


def _extractions(files: Iterable[Path], in_process: bool) -> Iterator[tuple[Path, tuple[Extraction, ...] | Exception]]:
    """What each file or folder holds, or the exception that says why nothing came of it.

    What is printed on the way goes to stderr: stdout is for the lines alone.
    """
    from contextlib import redirect_stdout

    from juesuan import show
    from juesuan.final_accounts import extract
    from juesuan.final_accounts.model import UnreadableDocument
    from juesuan.final_accounts.readers.worker import Worker
    from juesuan.settings import Settings

    with Worker(Settings.load().limits) as worker:
        for file in files:
            try:
                if file.is_dir():
                    file = file.resolve()  # so that "." has a name
                    function, given = "extract_folder", (file,)
                else:
                    function, given = "extract", (file.read_bytes(), file.name)
                if in_process:
                    with redirect_stdout(sys.stderr):
                        found = getattr(extract, function)(*given)
                else:
                    with show.progress() as progress:
                        found = worker.run(f"{extract.__name__}:{function}", *given, progress=progress)
            except UnreadableDocument as problem:
                found = (extract.failed(_document_id(file), f"{file.name}: {problem}"),)
            except Exception as problem:  # said, counted and left to the exit code; the other files go on
                yield file, problem
                continue
            yield file, found


def _document_id(file: Path) -> str:
    import hashlib

    if file.is_dir():
        from juesuan.final_accounts.readers.packed import folder_id

        return folder_id(file)
    return hashlib.sha256(file.read_bytes()).hexdigest()


# --- the archive ------------------------------------------------------------------------------------------


@app.command()
def add(
    files: Annotated[
        list[Path] | None, typer.Argument(exists=True, help="Documents to archive, or folders of them.")
    ] = None,
    listed: Annotated[
        Path | None,
        typer.Option("--from", exists=True, dir_okay=False, help="A CSV list: path, source, published, ..."),
    ] = None,
    inbox: Annotated[bool, typer.Option("--inbox", help="Take what lies in the inbox.")] = False,
    source: Annotated[list[str] | None, typer.Option(help="Where it was found; may be repeated.")] = None,
    published: Annotated[str | None, typer.Option(help="Date of publication, as 2024-09-30.")] = None,
    retrieved: Annotated[str | None, typer.Option(help="Date of retrieval; today if not given.")] = None,
    title: Annotated[str | None, typer.Option(help="Title, where the document has none.")] = None,
    unit: Unit = None,
    division: Division = None,
    year: Year = None,
    scope: Scope = None,
    family: Family = None,
    basis: Annotated[str | None, typer.Option(help="Why what you say about it is so.")] = None,
    as_json: Json = False,
) -> None:
    """Put documents into the archive.

    Unit, year, scope and family are read from them; what they do not settle waits as needs_review (juesuan review
    list). Files of one folder that do not say whose report they are go with the one report that the others are. Exit 1
    when a document could not be read; it is archived all the same, with the reason.
    """
    from juesuan import show

    if not files and listed is None and not inbox:
        raise typer.BadParameter("say which FILE, or --from LIST, or --inbox")
    asserted = _asserted(unit, year, scope, family)
    if (asserted or division) and not basis:
        raise typer.BadParameter("--unit, --division, --year, --scope and --family need --basis (why it is so)")
    settings, archive = _archive()
    results = []
    for file in files or ():
        known = {
            "sources": source or (),
            "published_on": _date(published, "--published"),
            "retrieved_on": _date(retrieved, "--retrieved"),
            "title": title,
            "asserted": asserted,
            "basis": basis,
            "division": division,
        }
        if file.is_dir():
            with show.progress() as progress:
                added = archive.add_folder(file, progress, **known)
        else:
            added = (archive.add(file, **known),)
        for result in added:
            results.append(result)
            if not as_json:
                _show_added(result)
    more = [archive.add_list(listed)] if listed else []
    if inbox:
        with show.progress() as progress:
            more.append(iter(archive.add_inbox(settings.inbox, progress=progress)))
    for one in (result for some in more for result in some):
        results.append(one)
        if not as_json:
            _show_added(one)
    if as_json:
        show.emit_json(results)
    elif not results:
        show.line(f"nothing has arrived in {settings.inbox}" if inbox else "the list is empty")
    raise typer.Exit(REFUSED if any(result.outcome == "failed" for result in results) else OK)


def _show_added(result: AddResult) -> None:
    from juesuan import show

    show.line(f"{result.outcome:12}  {result.file}")
    for report in result.reports:
        known = (report.unit_name, report.fiscal_year, report.scope, report.family)
        show.line(f"{'':12}  " + "  ".join("?" if one is None else str(one) for one in known))
    for remark in (result.reason, *result.remarks):
        if remark:
            show.line(f"{'':12}  {remark}")
    if result.outcome == "needs_review" and result.document_id:
        show.line(f"{'':12}  juesuan review set {result.document_id[:12]} --basis WHY ...")


@app.command(name="list")
def list_documents(
    status: Annotated[str | None, typer.Option(help="Only documents of this status.")] = None,
    as_json: Json = False,
) -> None:
    """List the documents of the archive.

    A status of archived waits for the next refresh.
    """
    from juesuan import show

    _, archive = _archive()
    rows = []
    for document in archive.documents():
        state = document.status or "archived"
        if status not in (None, state):
            continue
        reports = [document.identity(one) for one in document.reports]
        rows.append(
            {
                "document_id": document.document_id if as_json else document.document_id[:12],
                "status": state,
                "unit_name": [archive.unit_name(one) for one in reports],
                "fiscal_year": [one.fiscal_year for one in reports],
                "scope": [one.scope for one in reports],
                "file": document.path if as_json else document.name,
                "reason": document.reason,
                **({"manifest": document} if as_json else {}),
            }
        )
    columns = ("document_id", "status", "unit_name", "fiscal_year", "scope", "file", "reason")
    show.records(rows, columns, as_json=as_json, empty="no such document; juesuan add FILE adds one")


@app.command()
def verify(as_json: Json = False) -> None:
    """Hash every document, validate every manifest.

    Rebuilds the index. Exit 1 where something is not as its manifest says.
    """
    from juesuan import show

    _, archive = _archive()
    with show.progress() as progress:
        findings = archive.verify(progress)
    count = len(archive.documents())
    if as_json:
        show.emit_json({"documents": count, "findings": findings})
    else:
        for finding in findings:
            show.line(f"{finding.kind:17}  {finding.message}")
        show.line(f"{count} documents, {len(findings)} findings")
    raise typer.Exit(REFUSED if findings else OK)


@app.command()
def withdraw(
    document: Which,
    reason: Annotated[str, typer.Option(help="Why.")],
    undo: Annotated[bool, typer.Option("--undo", help="Bring a withdrawn document back.")] = False,
    as_json: Json = False,
) -> None:
    """Take a document out of the warehouse.

    Its figures go with the next refresh; the file stays in the archive.
    """
    _, archive = _archive()
    _show_decided(archive.restore(document, reason) if undo else archive.withdraw(document, reason), as_json)


@app.command()
def refile(
    document: Which,
    reason: Annotated[str, typer.Option(help="Why.")],
    unit: Unit = None,
    division: Division = None,
    year: Year = None,
    scope: Scope = None,
    family: Family = None,
    report: ReportNumber = None,
    as_json: Json = False,
) -> None:
    """Say that a document is another report."""
    asserted = _asserted(unit, year, scope, family)
    if not asserted:
        raise typer.BadParameter("say at least one of --unit, --year, --scope, --family")
    _, archive = _archive()
    done = archive.refile(document, reason=reason, asserted=asserted, division=division, report=report)
    _show_decided(done, as_json)


review = typer.Typer(
    help="Settle what waits for a person.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(review, name="review")


@review.command(name="list")
def review_list(as_json: Json = False) -> None:
    """List what waits, why, and what to say."""
    from juesuan import show

    _, archive = _archive()
    items = [
        {"kind": one.kind, "id": one.id, "name": one.name, "reason": one.reason, "say": one.say}
        for one in archive.review_list()
    ]
    if not as_json:
        for item in items:
            item["id"] = item["id"][:13]
    show.records(items, ("kind", "id", "name", "reason", "say"), as_json=as_json, empty="nothing waits for a person")


@review.command(name="set")
def review_set(
    document: Which,
    basis: Annotated[str, typer.Option(help="Why it is so.")],
    unit: Unit = None,
    division: Division = None,
    year: Year = None,
    scope: Scope = None,
    family: Family = None,
    report: ReportNumber = None,
    as_json: Json = False,
) -> None:
    """Say what a waiting document is."""
    asserted = _asserted(unit, year, scope, family)
    if not asserted:
        raise typer.BadParameter("say at least one of --unit, --year, --scope, --family")
    _, archive = _archive()
    done = archive.review_set(document, basis=basis, asserted=asserted, division=division, report=report)
    _show_decided(done, as_json)


@review.command(name="confirm")
def review_confirm(
    unit: Annotated[str, typer.Argument(help="unit_id, as juesuan review list shows it.")],
    basis: Annotated[str, typer.Option(help="Why it is so.")],
    division: Annotated[str | None, typer.Option(help="Its division, six digits, where unknown.")] = None,
    as_json: Json = False,
) -> None:
    """Confirm a proposed unit; documents that waited for it go on."""
    from juesuan import show

    _, archive = _archive()
    archive.confirm(unit, basis, division)
    name = archive.registry.name_of(unit)
    if as_json:
        show.emit_json({"unit_id": unit, "name": name, "confirmed": True})
    else:
        show.line(f"confirmed  {unit}  {name}")


@review.command(name="rename")
def review_rename(
    unit: Annotated[str, typer.Argument(help="unit_id.")],
    name: Annotated[str, typer.Argument(help="The new name.")],
    from_year: Annotated[int, typer.Option(help="First fiscal year under the new name.")],
    basis: Annotated[str, typer.Option(help="Why it is so.")],
    as_json: Json = False,
) -> None:
    """Record that a unit bears another name from a fiscal year on; its id stays."""
    from juesuan import show

    _, archive = _archive()
    archive.rename(unit, name, from_year, basis)
    if as_json:
        show.emit_json({"unit_id": unit, "name": name, "from_year": from_year})
    else:
        show.line(f"renamed  {unit}  {name} from {from_year}")


units = typer.Typer(
    help="Which unit follows which: propose, confirm, list.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(units, name="units")


@units.command(name="list")
def units_list(
    name: Annotated[str | None, typer.Argument(help="Part of a name, or a unit_id.")] = None,
    as_json: Json = False,
) -> None:
    """List the units of the registry: names, years, series."""
    from juesuan import show

    registry = _archive()[1].registry
    series = {one.unit_id: one for one in registry.series()}
    rows = []
    for unit in registry.units:
        names = [one for one in registry.names if one.unit_id == unit.unit_id]
        if name and name != unit.unit_id and not any(name in one.name for one in names):
            continue
        rows.append(
            {
                "unit_id": unit.unit_id,
                "division": unit.division_code,
                "names": [
                    one.name + (f" ({one.from_year or ''}-{one.to_year or ''})" if one.from_year or one.to_year else "")
                    for one in names
                ],
                "series": series[unit.unit_id].series_id,
                "group": series[unit.unit_id].group_id,
                "confirmed": unit.confirmed,
            }
        )
    columns = ("unit_id", "division", "names", "series", "group", "confirmed")
    show.records(rows, columns, as_json=as_json, empty="no such unit; juesuan add FILE proposes the unit of a document")


@units.command(name="propose")
def units_propose(as_json: Json = False) -> None:
    """List pairs of units that may be one body, with why.

    Nothing is joined by this: juesuan units confirm records what a person found to be so.
    """
    from juesuan import show
    from juesuan.warehouse import connect

    with connect() as connection:
        found = connection.execute(
            """
            select
                predecessor_unit_id, predecessor_name, successor_unit_id, successor_name, division_code,
                suggested_kind as kind, suggested_from_year as from_year, reason, confidence, evidence
            from marts.unit_match
            where state = 'open'
            order by confidence, division_code, predecessor_name, successor_name
            """
        )
        columns = [one[0] for one in found.description]
        rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    shown = ("predecessor_unit_id", "predecessor_name", "successor_unit_id", "successor_name", "kind", "from_year")
    empty = "no two units look like one body"
    show.records(rows, (*shown, "reason", "confidence"), as_json=as_json, empty=empty)


@units.command(name="confirm")
def units_confirm(
    kind: Annotated[str, typer.Option(help="rename, merge, split, abolish or change_of_level.")],
    from_year: Annotated[int, typer.Option(help="First fiscal year of the successor.")],
    evidence: Annotated[str, typer.Option(help="Where it is said: a notice, a report, an address.")],
    before: Annotated[list[str], typer.Option(help="unit_id before; of a merge say each.")],
    after: Annotated[list[str] | None, typer.Option(help="unit_id after; of a split say each.")] = None,
    effective: Annotated[str | None, typer.Option(help="Day of effect, as 2019-03-01.")] = None,
    confidence: Annotated[str, typer.Option(help="H, M or L.")] = "H",
    note: Annotated[str | None, typer.Option(help="What else is to be known.")] = None,
    as_json: Json = False,
) -> None:
    """Record that a unit follows another one, by rename, merge or split, or was abolished."""
    from juesuan import show
    from juesuan.final_accounts.registry_rows import Succession

    day = _date(effective, "--effective")
    rows = [
        Succession(one, other, kind, from_year, day.isoformat() if day else None, evidence, confidence, note)
        for one in before
        for other in (after or [None])  # type: ignore[list-item]
    ]
    _, archive = _archive()
    archive.succeed(rows, evidence)
    if as_json:
        show.emit_json(rows)
        return
    for row in rows:
        name = archive.registry.name_of(row.successor_unit_id) if row.successor_unit_id else "abolished"
        show.line(f"recorded  {kind} {from_year}  {archive.registry.name_of(row.predecessor_unit_id)} -> {name}")
    show.line("the next juesuan refresh joins them")


def _archive() -> tuple[Settings, Archive]:
    from juesuan.final_accounts.archive import Archive
    from juesuan.settings import Settings

    settings = Settings.load()
    return settings, Archive(settings.raw, limits=settings.limits)


def _asserted(unit: str | None, year: str | None, scope: str | None, family: str | None) -> dict[Asserted, str | int]:
    said: dict[Asserted, str | None] = {"unit": unit, "fiscal_year": year, "scope": scope, "family": family}
    return {name: value for name, value in said.items() if value is not None}


def _date(text: str | None, option: str) -> date | None:
    from datetime import date

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{option} {text!r} is no date; write it as 2024-09-30") from None


def _show_decided(document: Document, as_json: bool) -> None:
    from juesuan import show

    if as_json:
        show.emit_json(document)
        return
    state = document.status or "archived, for the next refresh"
    show.line(f"{state}  {document.path}" + (f"  ({document.reason})" if document.reason else ""))


# --- the warehouse ----------------------------------------------------------------------------------------


@app.command()
def refresh(
    accept: Annotated[
        str | None, typer.Option(metavar="REASON", help="Publish although figures fell or jumped, and why.")
    ] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Load everything that was read anew.")] = False,
    year: Annotated[list[int] | None, typer.Option(help="Build the reports of this fiscal year again.")] = None,
    as_json: Json = False,
) -> None:
    """Bring the published warehouse up to date.

    Exit 0 when it was published or nothing changed (documents that failed are counted), 1 when it was refused, 75
    when another refresh is running.
    """
    from juesuan import show, summary
    from juesuan.refresh import refresh as run
    from juesuan.settings import Settings

    with summary.watching() as progress:
        outcome = run(Settings.load(), accept=accept, rebuild=rebuild, progress=progress, years=year or ())
    if as_json:
        show.emit_json(outcome.as_dict())
    else:
        summary.print_outcome(outcome)
    raise typer.Exit(outcome.exit_code)


@app.command("spark-read")
def spark_read(
    master: Annotated[
        str | None, typer.Option(metavar="URL", help="Where Spark runs, if not as spark-defaults.conf says.")
    ] = None,
    compact: Annotated[
        bool, typer.Option("--compact", help="Then make few large batches of the small ones of the landing, there too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read on Apache Spark what a refresh would read now; the refresh that follows finds it read.

    Needs Java and the extra spark (docs/scaling.md). Exit 0 when all of it was landed (documents that failed are
    counted), 75 when a refresh is running.
    """
    from juesuan import on_spark, show, summary
    from juesuan.refresh import Busy
    from juesuan.settings import Settings
    from juesuan.spark_warehouse import session

    try:
        spark = session(**({"spark.master": master} if master else {}))
        with summary.watching() as progress:
            landed = on_spark.read_due(Settings.load(), spark, progress)
            went, came = on_spark.compact(Settings.load(), spark, progress) if compact else (0, 0)
    except Busy as busy:
        show.error(str(busy))
        raise typer.Exit(BUSY) from None
    if as_json:
        read = {"documents": landed.documents, "by_status": landed.by_status, "batches": landed.batches}
        show.emit_json(read | ({"compacted": {"batches": went, "into": came}} if compact else {}))
    else:
        told = ", ".join(f"{count} {status}" for status, count in sorted(landed.by_status.items()))
        show.line(f"{landed.documents} documents read in {len(landed.batches)} batches" + (f": {told}" if told else ""))
        if compact:
            show.line(f"{went} small batches became {came}" if went else "no small batches to bring together")


@app.command()
def dagster(
    port: Port = 3000,
    address: Address = "127.0.0.1",
    daemon: Annotated[bool, typer.Option(help="Run the daemon too; without it nothing starts by itself.")] = True,
    open_to_all: OpenToAll = False,
) -> None:
    """Open Dagster: the same assets, their lineage, runs, sensors and schedules; /metrics is there too."""
    from juesuan.definitions import serve
    from juesuan.settings import Settings

    raise typer.Exit(serve(Settings.load(), port, address, daemon=daemon, open_to_all=open_to_all))


@app.command()
def daemon() -> None:
    """Work unattended: what arrives in the inbox is filed, loaded, checked and published, and failures are told.

    Runs until it is stopped. What is to be tried again and when, and where alerts go: juesuan settings. How to run it
    as a service: docs/operations.md.
    """
    from juesuan.definitions import serve
    from juesuan.settings import Settings

    raise typer.Exit(serve(Settings.load(), pages=False))


@app.command()
def dashboard(
    port: Port = 8501,
    address: Address = "127.0.0.1",
    browser: Annotated[bool, typer.Option(help="Open them in the browser.")] = True,
    open_to_all: OpenToAll = False,
) -> None:
    """Look instead of query: web pages over the published warehouse, read-only."""
    from juesuan.dashboard.serve import serve
    from juesuan.settings import Settings

    raise typer.Exit(serve(Settings.load(), port, address, open_browser=browser, open_to_all=open_to_all))


@app.command()
def mcp(
    http: Annotated[bool, typer.Option("--http", help="Serve over HTTP; else on standard input and output.")] = False,
    port: Port = 8765,
    address: Address = "127.0.0.1",
    open_to_all: OpenToAll = False,
) -> None:
    """Let assistants ask: a Model Context Protocol server over the published warehouse, read-only."""
    from juesuan.assistant import serve_http, serve_stdio
    from juesuan.settings import Settings

    if http:
        serve_http(Settings.load(), port, address, open_to_all=open_to_all)
    else:
        serve_stdio(Settings.load())


@app.command()
def status(as_json: Json = False) -> None:
    """Count documents by state; name the published version."""
    from collections import Counter

    from juesuan import show
    from juesuan.final_accounts.inbox import waiting

    settings, archive = _archive()
    documents = archive.documents()
    states = Counter(document.status or "archived" for document in documents)
    answer = {
        "raw": settings.raw,
        "documents": len(documents),
        "archive_status": dict(sorted(states.items())),
        "waiting_in_inbox": len(waiting(settings.inbox, settle=0)),
        "waiting_for_review": len(archive.review_list()),
        "findings": [finding.message for finding in archive.changed()],
        "published": _published(settings),
    }
    if as_json:
        show.emit_json(answer)
        return
    show.table(("", ""), answer.items())


def _published(settings: Settings) -> dict[str, object] | None:
    """The published version and what it says of the documents; None where there is none."""
    from juesuan.warehouse import NothingPublished, connect

    try:
        connection = connect(settings.published)
    except NothingPublished:
        return None
    import duckdb

    answer: dict[str, object] = {"file": str(settings.published), "version": settings.published.resolve().parent.name}
    with connection:
        try:
            version = connection.execute("select * from marts.warehouse_version")
            columns = [column[0] for column in version.description]
            row = version.fetchone()
            answer |= dict(zip(columns, row or (), strict=False))
            states = connection.execute("select status, count(*) from raw.document group by 1 order by 1")
            answer["document_status"] = dict(states.fetchall())
        except duckdb.CatalogException as problem:
            answer["unreadable"] = str(problem).partition("\n")[0]
    return answer


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One SQL query; - reads it from stdin.")],
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Answer in CSV.")] = False,
    limit: Annotated[int, typer.Option(help="Rows to show in a table; 0 shows all.")] = 200,
) -> None:
    """Ask the published warehouse, read-only."""
    from juesuan import show
    from juesuan.settings import Settings
    from juesuan.warehouse import connect

    if as_json and as_csv:
        raise typer.BadParameter("either --json or --csv")
    text = sys.stdin.read() if sql == "-" else sql
    # Its SQL may come from anywhere: it reads this file, and no other file, address or extension.
    connection = connect(Settings.load().published, enable_external_access="false", lock_configuration="true")
    import duckdb

    with connection:
        try:
            found = connection.execute(text)
            columns = [column[0] for column in found.description or ()]
            kinds = [str(column[1]) for column in found.description or ()]
            rows = found.fetchall()
        except duckdb.Error as problem:
            raise JuesuanError(f"the query could not run: {problem}") from problem
    if as_json:
        show.emit_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif as_csv:
        show.emit_csv(columns, rows)
    else:
        figures = [name for name, kind in zip(columns, kinds, strict=True) if _NUMERIC.match(kind)]
        shown = rows if limit == 0 else rows[:limit]
        show.table(columns, shown, right=figures)
        if len(shown) < len(rows):
            show.remark(f"{len(shown)} of {len(rows)} rows; --limit 0 shows all")


@app.command()
def export(
    to: Annotated[Path, typer.Argument(help="Its folder; an earlier export there is replaced.", metavar="FOLDER")],
    formats: Annotated[str, typer.Option("--format", help="parquet, csv, xlsx; several parted by commas.")] = "parquet",
    tables: Annotated[
        list[str] | None, typer.Option("--table", help="Only this table; may be given several times.")
    ] = None,
    conformed: Annotated[bool, typer.Option(help="The conformed tables too, not the marts alone.")] = False,
    as_json: Json = False,
) -> None:
    """Write the published tables as files, with what their columns mean, as a data package.

    Parquet is sorted and has statistics; CSV opens in Excel; XLSX says on each header what it means. With them come
    datapackage.json (Frictionless), fiscal-datapackage.json for the spending tables, dictionary.csv and SHA256SUMS.
    """
    from juesuan import show
    from juesuan.export import export as write
    from juesuan.settings import Settings

    chosen = [one.strip() for one in formats.split(",") if one.strip()]
    schemas = ("marts", "conformed") if conformed else ("marts",)
    with show.progress() as progress:
        done = write(
            Settings.load().published,
            to,
            formats=chosen,
            wanted=tables or (),
            schemas=schemas,
            progress=None if as_json else progress,
        )
    if as_json:
        show.emit_json(
            {
                "folder": str(done.folder),
                "version": done.version,
                "files": [{"path": path, "bytes": size, "rows": rows} for path, size, rows in done.files],
                "left_out": [{"path": path, "reason": reason} for path, reason in done.left_out],
            }
        )
        return
    show.line(f"{len(done.files)} files of version {done.version} in {done.folder}")
    for path, reason in done.left_out:
        show.remark(f"{path} was left out: {reason}")


@app.command()
def publish(
    postgres: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="postgresql://user@host:5432/database; JUESUAN_POSTGRES when not given. A password stands there or in"
            " the file that PGPASSFILE names, never here.",
        ),
    ] = None,
    schema_prefix: Annotated[
        str, typer.Option(metavar="TEXT", help="Before the names of the schemas: juesuan_ makes juesuan_marts.")
    ] = "",
    reader: Annotated[str, typer.Option(help="The role that may read; made where it is missing.")] = "juesuan_reader",
    again: Annotated[bool, typer.Option("--again", help="Also when the server has this version.")] = False,
    as_json: Json = False,
) -> None:
    """Put the published tables on a PostgreSQL server, whole or not at all.

    Marts and conformed tables, views among them, with comments, keys and indexes. Readers see the version before until
    all of this one is there. Exit 0 when it is there, 1 when it was refused, 75 when another push is under way.
    """
    from juesuan import show
    from juesuan.postgres import PushError, PushUnderWay, declared_keys, holds_password, push
    from juesuan.settings import Settings

    settings = Settings.load()
    url = postgres or settings.postgres
    if not url:
        raise PushError("where to? juesuan publish --postgres postgresql://user@host:5432/database")
    if postgres and holds_password(postgres):
        raise PushError(
            "a password on a command line is seen by everyone on this machine: put the address into JUESUAN_POSTGRES,"
            " or the password into the file that PGPASSFILE names"
        )
    try:
        with show.progress() as progress:
            done = push(
                settings.published,
                url,
                keys=declared_keys(settings.dbt_project),
                reader=reader,
                prefix=schema_prefix,
                again=again,
                progress=None if as_json else progress,
            )
    except PushUnderWay as busy:
        show.error(str(busy))
        raise typer.Exit(BUSY) from None
    if as_json:
        show.emit_json(done)
    elif done.changed:
        rows = sum(count for _, count in done.tables)
        show.line(f"{len(done.tables)} tables, {rows:,} rows of version {done.version} in {done.server}")
        show.remark(f"schemas {', '.join(done.schemas)}; grant {done.reader} to who may read them")
    else:
        show.line(f"{done.server} has version {done.version} already; --again pushes it anew")


@app.command()
def dictionary(
    words: Annotated[list[str] | None, typer.Argument(help="Words that all stand in it; none for everything.")] = None,
    as_json: Json = False,
) -> None:
    """Look up what tables and columns mean, and where a column of the printed form is: dictionary 表3 基本支出."""
    from juesuan import show
    from juesuan.dictionary import search
    from juesuan.settings import Settings

    found = search(Settings.load(), words or [])
    if as_json:
        show.emit_json([entry.record() for entry in found])
        return
    if not found:
        raise JuesuanError(f"nothing in the dictionary has all of: {' '.join(words or [])}")
    rows = [(e.place, e.column, e.data_type, e.chinese, e.english) for e in found]
    show.table(["place", "column", "type", "中文", "English"], rows)


@app.command()
def docs(
    to: Annotated[Path | None, typer.Option(help="Its folder; <warehouse>/docs if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Build the documentation site of the models (tables, columns, lineage) as one page."""
    from juesuan import show
    from juesuan.settings import Settings
    from juesuan.transform import write_site

    written = write_site(Settings.load(), to)
    if as_json:
        show.emit_json({"file": written})
    else:
        show.line(str(written))


# --- a synthetic region -----------------------------------------------------------------------------------

demo = typer.Typer(
    help="Make up a region to look at, with misprints planted, and score the checks on it.",
    rich_markup_mode=None,
    invoke_without_command=True,
)
app.add_typer(demo, name="demo")

DemoFolder = Annotated[Path | None, typer.Option("--to", help="Its folder; <home>/demo if not given.")]


def _demo_folder(to: Path | None) -> Path:
    from juesuan.settings import Settings

    return (to or Settings.load().home / "demo").absolute()


@demo.callback()
def demo_write(
    context: typer.Context,
    units: Annotated[int, typer.Option(min=1, help="Budget units, departments' own levels among them.")] = 300,
    years: Annotated[int, typer.Option(min=1, max=12, help="Fiscal years.")] = 8,
    last_year: Annotated[int, typer.Option(min=2014, max=2099, help="The last fiscal year.")] = 2024,
    seed: Annotated[int, typer.Option(help="Another seed is another region.")] = 1,
    misprints: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the reports with a planted misprint.")
    ] = 0.08,
    to: DemoFolder = None,
    form: Annotated[str, typer.Option("--format", help="text, pdf or xlsx.")] = "text",
    records: Annotated[
        bool, typer.Option("--records", help="Write landing records without documents being read; for large sizes.")
    ] = False,
    repeat: Annotated[
        int,
        typer.Option(
            min=1, help="With --records: each county so many times, under other names with the same figures; cheap."
        ),
    ] = 1,
    as_json: Json = False,
) -> None:
    """Write a synthetic region: documents, registry and the truth, in a folder of its own.

    Nothing in it is real, and every document says so. The same arguments give the same bytes. JUESUAN_RAW=FOLDER/raw
    JUESUAN_WAREHOUSE=FOLDER/warehouse juesuan refresh builds its warehouse; juesuan demo score scores the checks.
    """
    if context.invoked_subcommand is not None:
        return
    from juesuan import show
    from juesuan.demo import folder
    from juesuan.demo.making import Plan

    plan = Plan(units, years, last_year, seed, misprints)
    target = _demo_folder(to)
    if repeat > 1 and not records:
        raise typer.BadParameter("it needs --records", param_hint="--repeat")
    with show.progress() as progress:
        if records:
            from juesuan.demo import repeating

            done = repeating.write(plan, repeat, target, progress)
        else:
            done = folder.write(plan, target, form, progress)
    if as_json:
        show.emit_json(done)
        return
    show.line(
        f"{done.documents} documents of {done.units} units, {done.years[0]} to {done.years[-1]}, in {done.folder}"
    )
    show.line(f"{done.planted} misprints planted; they are listed in {target / 'truth' / 'planted.csv'}")
    show.line(f"{done.seconds:.1f} s, {done.documents_per_second:.0f} documents a second")
    show.line(f"JUESUAN_RAW={target / 'raw'} JUESUAN_WAREHOUSE={target / 'warehouse'} juesuan refresh")


@demo.command(name="score")
def demo_score(
    to: DemoFolder = None,
    read: Annotated[
        bool, typer.Option("--read", help="Read the documents here, although the demo has a warehouse.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print recall and precision of every check on the planted misprints.

    On the demo's published warehouse where it has one, with the checks across reports; else its documents are read
    here. Misprints that no check covers are counted and named. Exit 1 where a check missed what it should find, or
    found what nothing planted explains.
    """
    from juesuan import show
    from juesuan.demo.scoring import score

    with show.progress() as progress:
        found = score(_demo_folder(to), read, progress)
    rows = [
        {name: getattr(one, name) for name in ("check_id", "planted", "found", "missed", "findings", "declared")}
        | {"false_alarms": one.false_alarms, "recall": one.recall, "precision": one.precision}
        for one in found.checks
    ]
    if as_json:
        show.emit_json({"basis": found.basis, "errors": found.errors, "covered": found.covered, "found": found.found,
                        "checks": rows, "not_covered": found.not_covered, "missed": found.missed,
                        "false_alarms": found.false_alarms})  # fmt: skip
    else:
        show.line(f"on {found.basis}")
        show.records(rows, tuple(rows[0]) if rows else (), as_json=False, right=tuple(rows[0])[1:] if rows else ())
        show.line(f"{found.errors} misprints planted; {found.covered} a check covers, {found.found} of these found")
        kinds = ", ".join(f"{kind} {count}" for kind, count in found.not_covered.items())
        show.line(f"no check here covers: {kinds or 'none'}")
        for check, kind, report in found.missed[:20]:
            show.line(f"missed       {check:8} {kind} in {report}")
        for one in found.false_alarms[:20]:
            show.line(f"false alarm  {one.check_id:8} {one.place} in {one.report_id}")
    raise typer.Exit(REFUSED if found.missed or found.false_alarms else OK)


@app.command()
def settings(as_json: Json = False) -> None:
    """Show every setting: its value, where that comes from, its variable and what it means."""
    from juesuan import show
    from juesuan.settings import Settings, shown

    Settings.load()  # says what contradicts itself
    show.records(shown(), ("setting", "value", "from", "variable", "meaning"), as_json=as_json)


@app.command()
def alert(
    title: Annotated[str, typer.Argument(help="What it is about.")] = "juesuan: a test",
    body: Annotated[str, typer.Argument(help="The text; - reads it from stdin.")] = "Alerts from here arrive.",
    as_json: Json = False,
) -> None:
    """Send an alert to the addresses of the settings; without words, to try them."""
    from juesuan import alerts, show
    from juesuan.settings import Settings

    sent = alerts.send(Settings.load(), title, sys.stdin.read() if body == "-" else body)
    if as_json:
        show.emit_json(sent)
    else:
        show.line(f"sent to {', '.join(sent.to)}")


@app.command()
def metrics(
    to: Annotated[Path | None, typer.Option(help="A file for node_exporter's textfile collector.")] = None,
) -> None:
    """Tell how the warehouse is in the text form that Prometheus reads."""
    from juesuan import durable, show
    from juesuan.metrics import text
    from juesuan.settings import Settings

    said = text(Settings.load())
    if to is None:
        show.line(said.rstrip("\n"))
    else:
        durable.write_text(to, said, "metrics")


@app.command()
def doctor(as_json: Json = False) -> None:
    """Look whether all that juesuan needs is here."""
    from juesuan import show
    from juesuan.doctor import examine
    from juesuan.settings import Settings

    found = examine(Settings.load())
    rows = [{"check": one.check, "ok": one.ok, "says": one.says} for one in found]
    show.records(rows, ("check", "ok", "says"), as_json=as_json)
    raise typer.Exit(OK if all(one.ok for one in found) else REFUSED)
