"""Amounts as a page shows them: in 元, 万元 or 亿元.

Belongs here: units, rounding for the eye, signs. Does not belong here: amounts that are computed with (they stay yuan,
``Decimal``), downloads (they carry yuan, exact).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from juesuan.dashboard.data import stated

#: What is not stated; a zero is printed as zero.
NOT_STATED = "—"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of money: yuan in one of it, and the decimals that a page shows."""

    name: str
    yuan: int
    decimals: int


UNITS = {unit.name: unit for unit in (Unit("元", 1, 2), Unit("万元", 10_000, 2), Unit("亿元", 100_000_000, 4))}
USUAL = "万元"


def amount(yuan: Any, unit: Unit) -> str:
    """An amount in a unit of money, thousands parted: ``1,234.56``; what is not stated is a dash."""
    if not stated(yuan):
        return NOT_STATED
    scaled = (Decimal(yuan) / unit.yuan).quantize(Decimal(1).scaleb(-unit.decimals), ROUND_HALF_UP)
    return f"{scaled:,f}".replace("-", "−")


def scaled(yuan: Any, unit: Unit) -> float | None:
    """An amount for the axis of a chart or a column that sorts; the table beside it has the exact one."""
    return float(Decimal(yuan) / unit.yuan) if stated(yuan) else None
