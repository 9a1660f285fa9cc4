"""The command line: ``juesuan COMMAND``.

Belongs here: options, exit codes, and which function of the house answers. Does not belong here: the
answers. Each command is a small function that imports what it needs when it is called, so that ``juesuan
extract`` starts without Dagster, dbt, DuckDB or pandas; only the commands of the warehouse and of Dagster
load those.

Exit codes: 0 done; 1 could not, or refused (said on stderr); 2 wrong use; 3 our fault; 75 another refresh is
running.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from juesuan.final_accounts.model import JuesuanError

if TYPE_CHECKING:
    from juesuan.final_accounts.model import Extraction

OK, REFUSED, WRONG_USE, OUR_FAULT, BUSY = 0, 1, 2, 3, 75

app = typer.Typer(
    name="juesuan",
    help="A warehouse of the final accounts (部门决算) of Chinese government bodies.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help starts in a tenth of a second
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its code. ``--debug`` is understood anywhere before a bare ``--``."""
    given = list(sys.argv[1:] if argv is None else argv)
    options = given[: given.index("--")] if "--" in given else given
    debug = "--debug" in options or bool(os.environ.get("JUESUAN_DEBUG"))
    if "--debug" in options:
        given.remove("--debug")
    try:
        app(given, prog_name="juesuan")
    except JuesuanError as problem:
        _complain(str(problem), debug)
        sys.exit(REFUSED)
    except Exception as problem:
        if isinstance(problem, BrokenPipeError):
            _quiet_stdout()
            sys.exit(REFUSED)
        if isinstance(problem, OSError) and problem.filename is not None:
            _complain(f"{problem.filename}: {problem.strerror}; mend that and say it again", debug)
            sys.exit(REFUSED)
        _complain(
            f"our fault, not yours: {type(problem).__name__}: {problem}; nothing published has changed; "
            "run it again with --debug and report what it prints",
            debug,
        )
        sys.exit(OUR_FAULT)
    sys.exit(OK)


def _complain(message: str, debug: bool) -> None:
    from juesuan import show

    if debug:
        import traceback

        traceback.print_exc()
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
def version() -> None:
    """Print the version of juesuan."""
    from juesuan import __version__, show

    show.line(__version__)


# --- one document, no warehouse ---------------------------------------------------------------------------


@app.command()
def extract(
    files: Annotated[
        list[Path],
        typer.Argument(exists=True, dir_okay=False, help="Reports: PDF, text and whatever else is readable."),
    ],
    in_process: Annotated[
        bool, typer.Option("--in-process", help="Read in this process, without limits on time and memory.")
    ] = False,
) -> None:
    """Print what a report says as JSON lines; touches no warehouse.

    Kinds of lines: report, cell, statement, indicator, term, passage, check, unrecognised_table,
    unassigned_number. Exit 0 when every file was read or properly set aside, 1 when one could not be read.
    """
    from juesuan import show
    from juesuan.final_accounts import jsonlines

    out = show.utf8(sys.stdout)
    number, code = 0, OK
    for file in files:
        try:
            extractions: Iterable[Extraction] = _extractions(file, in_process)
        except OSError as problem:
            show.error(f"{file}: {problem.strerror}; nothing was read from it")
            code = max(code, REFUSED)
            continue
        except Exception as problem:
            if "--debug" in sys.argv:
                raise
            show.error(
                f"{file}: our fault: {type(problem).__name__}: {problem}; "
                "run it again with --debug and report what it prints"
            )
            code = OUR_FAULT
            continue
        for extraction in extractions:
            for line in jsonlines.lines(extraction, number, file.name):
                out.write(jsonlines.dumps(line) + "\n")
            number += 1
            if extraction.report.status == "failed":
                show.error(f"{file}: {extraction.report.reason}")
                code = max(code, REFUSED)
        out.flush()
    raise typer.Exit(code)


def _extractions(file: Path, in_process: bool) -> tuple[Extraction, ...]:
    """Everything in one file. What is printed on the way goes to stderr: stdout is for the lines alone."""
    from contextlib import redirect_stdout

    data = file.read_bytes()
    with redirect_stdout(sys.stderr):
        from juesuan.final_accounts.extract import extract as run

        return run(data, file.name)
