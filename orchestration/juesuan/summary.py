"""What a person reads at the end of a refresh: what the warehouse holds, where it is, what to try next.

Belongs here: the wording and order of that summary. Does not belong here: counting (publishing counts), running.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from juesuan import show
from juesuan.refresh import Progress, RefreshOutcome

#: Three questions to begin with; a test runs each against a published warehouse.
QUERIES: dict[str, str] = {
    "Where did the money go, by class": (
        "select unit_name, fiscal_year, class_code, class_name, sum(expenditure_total_yuan) as yuan "
        "from marts.spending_by_function where basis = 'all_sources' and is_default "
        "group by all order by unit_name, yuan desc"
    ),
    "What did 三公 cost, against which budget": (
        "select unit_name, fiscal_year, item, budget_stage, final_yuan, final_state, "
        "coalesce(initial_budget_yuan, adjusted_budget_yuan, unknown_budget_yuan) as budget_yuan "
        "from marts.three_public_expenses where is_default order by unit_name, item"
    ),
    "Where does a report contradict itself": (
        "select unit_name, fiscal_year, check_ids, place, expected, actual, message "
        "from marts.reconciliation where state = 'fail' order by unit_name, place"
    ),
}

#: Steps that tell of each of many things: where nobody watches, what came of them is enough.
_COUNTED = ("inbox", "models", "pages")
#: How many contradictions the summary shows; all of them are in marts.reconciliation.
_SHOWN = 20

#: The states of documents and checks in the order in which a person wants them.
_DOCUMENTS = ("loaded", "partial", "needs_review", "set_aside", "failed", "withdrawn")
_CHECKS = ("pass", "within_rounding", "fail", "could_not_run", "not_applicable")


@contextmanager
def watching() -> Iterator[Progress]:
    """Progress on stderr: one line that changes for a person who watches, one line a step where nobody does."""
    if show.structured():

        def log(step: str, what: str, done: int = 0, of: int = 0) -> None:
            show.log("info", what, step=step, **({"done": done, "of": of} if of else {}))

        yield log
        return
    if not sys.stderr.isatty():
        yield lambda step, what, *_: show.remark(f"{step}: {what}") if step not in _COUNTED else None
        return
    with show.bar() as bar:
        task = bar.add_task("looking at the archive", total=None)
        at = ""

        def tell(step: str, what: str, done: int = 0, of: int = 0) -> None:
            nonlocal at
            if step == "pages" and at == "landing":
                bar.update(task, description=f"landing {what}")  # within a document: the count of documents stays
                return
            if step != at:
                bar.reset(task, total=None)
                at = step
            bar.update(task, description=f"{step} {what}", completed=done, total=of or None)

        yield tell


def _states(counts: Mapping[str, int], order: tuple[str, ...]) -> str:
    known = [(state, counts[state]) for state in order if counts.get(state)]
    known += [(state, count) for state, count in sorted(counts.items()) if state not in order and count]
    return " · ".join(f"{count:,} {state}" for state, count in known) or "none"


def print_outcome(outcome: RefreshOutcome) -> None:
    """The summary on stdout; what was refused is said first."""
    heads = {
        "published": f"Published version {outcome.version} in {outcome.seconds:.0f} s.",
        "nothing_to_do": f"Nothing changed: version {outcome.version} is up to date.",
        "refused": f"Refused, nothing published has changed: {outcome.message}",
        "busy": f"Not run: {outcome.message}",
    }
    show.line(heads[outcome.outcome])
    if outcome.path is None or outcome.outcome == "busy":
        return
    rows = [
        ("documents", _states(outcome.documents, _DOCUMENTS)),
        ("reports", f"{outcome.reports:,}"),
        ("figures", f"{outcome.figures:,} printed in tables"),
        ("statements", f"{outcome.statements:,} read from the text"),
        ("checks", _states(outcome.checks, _CHECKS)),
        ("file", str(outcome.path)),
    ]
    show.table(("", "the warehouse holds"), rows)
    if outcome.contradictions:
        shown = outcome.contradictions[:_SHOWN]
        show.table(
            ("report", "year", "check", "what it contradicts itself in"),
            [(one["unit_name"], one["fiscal_year"], one["check_id"], one["message"]) for one in shown],
        )
        if len(shown) < len(outcome.contradictions):
            show.line(f"and {len(outcome.contradictions) - len(shown)} more in marts.reconciliation")
    if outcome.outcome == "published":
        show.line('Try next, with .venv/bin/juesuan query "...":')
        for question, query in QUERIES.items():
            show.line(f"\n  {question}:\n    {query}")
