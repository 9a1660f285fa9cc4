"""juesuan: a warehouse of the final accounts (部门决算) of Chinese government bodies.

``juesuan.connect()`` opens the published warehouse for reading. Belongs here: what a Python user of the warehouse
imports. Does not belong here: anything that costs time to import; what needs DuckDB is loaded when it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

__all__ = ["__version__", "connect"]
__version__ = "0.1.0"


def connect(**options: Any) -> duckdb.DuckDBPyConnection:
    """Open the published warehouse, read-only. Options: see :func:`juesuan.warehouse.connect`."""
    from juesuan.warehouse import connect as open_warehouse

    return open_warehouse(**options)
