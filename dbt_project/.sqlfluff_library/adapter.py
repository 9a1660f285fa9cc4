"""What the linter sees in place of dbt's ``adapter``: a call of a dispatched macro reads as a function call."""

from __future__ import annotations

from collections.abc import Callable


def dispatch(name: str, package: str | None = None) -> Callable[..., str]:
    """The macro ``name`` as a function that renders its arguments."""
    return lambda *arguments: f"{name}({', '.join(map(str, arguments))})"


def quote(name: str) -> str:
    """A quoted identifier."""
    return f'"{name}"'
