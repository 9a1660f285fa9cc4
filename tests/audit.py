"""Known weaknesses and licences of everything that is locked: ``make audit``.

pip-audit asks the index of known weaknesses about each locked version; ``orchestration/licences.csv`` says which
licences may be used. Exit 1 where a package is weak, has a licence that may not be used, or could not be asked about.
"""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from juesuan import show

ROOT = Path(__file__).parents[1]
LOCKS = [ROOT / "orchestration" / name for name in ("requirements.lock", "requirements-spark.lock")]
LICENCES = ROOT / "orchestration" / "licences.csv"


def output(*command: str) -> Any:
    """What a module of this environment prints as JSON."""
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        raise SystemExit(f"{command[0]} said nothing: {done.stderr.strip()}")
    return json.loads(done.stdout)


def not_allowed(packages: list[dict[str, str]], rules: list[dict[str, str]]) -> list[tuple[str, str]]:
    """Name and licence of each package whose licence is not one that may be used.

    Of licences joined by "or" one must be allowed, of those joined by "and" or a semicolon all.
    """
    words = {rule["name"] for rule in rules if rule["kind"] == "word" and rule["verdict"] == "may"}
    exceptions = {rule["name"] for rule in rules if rule["kind"] == "package" and rule["verdict"] == "may"}

    def allowed(expression: str) -> bool:
        if expression in words:
            return True
        if expression.startswith("(") and expression.endswith(")"):
            return allowed(expression[1:-1])
        for joint, all_or_any in ((r"; | AND ", all), (r" OR ", any)):
            parts = re.split(joint + r"(?![^()]*\))", expression)
            if len(parts) > 1:
                return all_or_any(allowed(part.strip()) for part in parts)
        return False

    return [(one["Name"], one["License"]) for one in packages if one["Name"] not in exceptions
            and not allowed(one["License"])]  # fmt: skip


def main() -> int:
    """Both looks; a line for each thing that is wrong."""
    packages = output("piplicenses", "--format=json", "--with-system")
    with LICENCES.open(encoding="utf-8", newline="") as opened:
        wrong = not_allowed(packages, list(csv.DictReader(opened)))
    for name, licence in wrong:
        show.error(
            f"{name}: {licence} is not in orchestration/licences.csv; enter it there with a reason, or do without"
        )
    show.line(f"licences: {len(packages) - len(wrong)} of {len(packages)} packages may be used")

    audited = output("pip_audit", *(f"--requirement={lock}" for lock in LOCKS), "--disable-pip", "-f", "json")[
        "dependencies"
    ]
    weak = [(one["name"], one["version"], flaw["id"]) for one in audited for flaw in one.get("vulns", ())]
    unasked = [one["name"] for one in audited if "skip_reason" in one]
    for name, version, flaw in weak:
        show.error(f"{name} {version}: {flaw}; take a version without it (make lock)")
    show.line(f"weaknesses: {len(audited) - len(unasked)} of {len(audited)} packages asked about, {len(weak)} found")
    if unasked:
        show.error(
            f"{len(unasked)} packages could not be asked about: the index of weaknesses is not reached from here"
        )
    return 1 if wrong or weak or unasked else 0


if __name__ == "__main__":
    sys.exit(main())
