"""The body, year and scope that the page of a unit shows, and small things that its parts share.

Belongs here: what several parts need. Does not belong here: any part (``unit_money``, ``unit_topics``,
``unit_history``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from juesuan.dashboard import data
from juesuan.dashboard.source import of_cell
from juesuan.places import Address


@dataclass(frozen=True, slots=True)
class Body:
    """The body, year and scope that the page shows, and the report that says it; ``years``: those that it has."""

    unit_id: str
    name: str
    year: int
    report_id: str
    release: int
    scope: str
    years: list[int]

    @property
    def keys(self) -> tuple[str, int]:
        """What most queries are asked by."""
        return (self.report_id, self.release)


def by_columns(columns: Mapping[str, str]) -> Callable[[Mapping[str, Any], str], Address | None]:
    """Homes of a mart whose row is one printed row: column of the mart -> column of the form."""
    return lambda row, name: of_cell(row, columns.get(name))


def added(values: Any) -> Decimal:
    """What is stated of some amounts, added up."""
    return sum((v for v in values if data.stated(v)), Decimal(0))


def is_amount(value: Any) -> bool:
    """Whether an amount is stated and is not zero."""
    return data.stated(value) and value != 0


def has_any(frame: pd.DataFrame, name: str) -> bool:
    """Whether a column states anything."""
    return any(data.stated(v) for v in frame[name])
