"""The habits of this house, held by a test: what may import what, what a file says first, what is data and not code."""

from __future__ import annotations

import ast
import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "orchestration" / "juesuan"
LIBRARY = PACKAGE / "final_accounts"
MODELS = PROJECT / "dbt_project" / "models"

HEAVY = ("dagster", "dbt", "duckdb", "pandas")
#: Not needed to read a report, and slow to import.
NOT_ON_THE_WAY = (*HEAVY, "pyarrow", "numpy", "frictionless", "fsspec", "jsonschema", "rich", "streamlit")


def modules(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found, f"{folder} has no modules"
    return found


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE.parent).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(root: ast.AST) -> Iterator[str]:
    """Every module that is imported anywhere below ``root``, with the names taken from it."""
    for node in ast.walk(root):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def at_start(module: ast.Module) -> Iterator[str]:
    """What importing the module imports: not what functions import, nor what is for type checkers only."""
    pending: list[ast.AST] = list(module.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            pending += node.orelse
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imports(node)
        pending += ast.iter_child_nodes(node)


def code_strings(module: ast.Module) -> Iterator[tuple[int, str]]:
    """String constants of a module with their lines, docstrings left out."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(module)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


# --- who imports whom


@pytest.mark.parametrize("path", modules(LIBRARY), ids=name_of)
def test_the_library_knows_no_dagster_dbt_database_or_pandas(path: Path) -> None:
    wrong = [name for name in imports(tree(path)) if name.partition(".")[0] in HEAVY]
    assert wrong == []


@pytest.mark.parametrize("path", modules(LIBRARY), ids=name_of)
def test_the_library_imports_nothing_of_the_house_around_it(path: Path) -> None:
    allowed = ("juesuan.final_accounts", "juesuan.durable", "juesuan.__version__")
    wrong = [
        name
        for name in imports(tree(path))
        if name.partition(".")[0] == "juesuan" and name != "juesuan" and not name.startswith(allowed)
    ]
    assert wrong == []


def test_only_the_entry_point_of_dagster_imports_its_definitions() -> None:
    outside = [path for path in modules(PACKAGE) if PACKAGE / "defs" not in path.parents]
    importing = {
        name_of(path) for path in outside if any(re.match(r"juesuan\.defs(\.|$)", name) for name in imports(tree(path)))
    }
    assert importing <= {"juesuan/definitions.py"}
    eager = {
        name_of(path)
        for path in outside
        if path.name != "definitions.py"
        and any(name.startswith("juesuan.definitions") for name in at_start(tree(path)))
    }
    assert eager == set()


def loaded_by(code: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter holds after running ``code``."""
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import atexit, sys\natexit.register(lambda: print(*sys.modules, file=sys.stderr))\n{code}",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
    )
    return {name.partition(".")[0] for name in ran.stderr.split()}


def test_importing_the_library_is_light() -> None:
    loaded = loaded_by("import juesuan, juesuan.final_accounts.extract, juesuan.final_accounts.archive")
    assert "juesuan" in loaded and loaded.isdisjoint(NOT_ON_THE_WAY)


@pytest.mark.parametrize("command", ["extract", "explain"])
def test_help_is_light(command: str) -> None:
    loaded = loaded_by(f"from juesuan.cli import main\nmain([{command!r}, '--help'])")
    assert "typer" in loaded and loaded.isdisjoint({*NOT_ON_THE_WAY, "pypdfium2", "yaml", "PIL"})


@pytest.mark.parametrize(
    "document", ["qingyuan-dsb-own-level-2023.txt", "shanghai-putuo-finance-2024.pdf"], ids=["text", "pdf"]
)
def test_extract_meets_neither_dagster_dbt_database_nor_pandas_on_its_way(document: str) -> None:
    file = PROJECT / "raw" / "documents" / document
    loaded = loaded_by(f"from juesuan.cli import main\nmain(['extract', '--in-process', {str(file)!r}])")
    assert "yaml" in loaded and loaded.isdisjoint(NOT_ON_THE_WAY)


# --- what a file says first


@pytest.mark.parametrize("path", modules(PACKAGE), ids=name_of)
def test_a_module_opens_with_what_belongs_in_it_and_what_does_not(path: Path) -> None:
    said = " ".join((ast.get_docstring(tree(path)) or "").lower().split())
    assert said, "a module opens with a docstring"
    assert "belongs here" in said
    assert re.search(r"not belong|nothing else belongs|belongs here: nothing", said)


@pytest.mark.parametrize("path", modules(PROJECT / "tests"), ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_a_file_of_tests_says_what_it_tests(path: Path) -> None:
    source = tree(path)
    assert ast.get_docstring(source) or not source.body


# --- layouts, years and places are data


def whole_years(node: ast.AST) -> list[int]:
    return [
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and type(one.value) is int and 1990 <= one.value <= 2100
    ]


@pytest.mark.parametrize("path", modules(PACKAGE), ids=name_of)
def test_no_year_is_decided_in_code(path: Path) -> None:
    wrong = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Compare | ast.MatchValue) and whole_years(node):
            wrong.append((node.lineno, ast.unparse(node)))
        if isinstance(node, ast.Compare) and "year" in ast.unparse(node.left):
            written = [one for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            wrong += [(one.lineno, one.value) for one in written if re.fullmatch(r"(19|20)\d\d", one.value)]
    assert wrong == []


@cache
def places() -> re.Pattern[str]:
    """The provinces and prefectures of the country, with and without the word for their kind."""
    names = set()
    with (LIBRARY / "forms" / "divisions.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["level"] in ("province", "prefecture"):
                names.add(row["name"])
                stem = re.sub(r"(?:[^市]{1,3}族)*(?:特别行政区|自治区|自治州|地区|省|市|盟)$", "", row["name"])
                names.add(stem if len(stem) > 1 else row["name"])
    found = re.compile("|".join(sorted(map(re.escape, names), key=len, reverse=True)))
    assert len(names) > 500 and found.search("if 名称.startswith('广东')")
    return found


@pytest.mark.parametrize("path", modules(PACKAGE), ids=name_of)
def test_no_place_is_decided_in_code(path: Path) -> None:
    wrong = [(line, text) for line, text in code_strings(tree(path)) if places().search(text)]
    assert wrong == []


@pytest.mark.parametrize(
    "path", sorted((LIBRARY / "forms").rglob("*.yml")), ids=lambda path: path.relative_to(LIBRARY).as_posix()
)
def test_form_data_loads(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert yaml.safe_load(text)
    assert text.startswith("#"), "form data opens with what it holds"


# --- dbt: one model, one .sql and one .yml of the same stem


def test_a_model_is_one_sql_and_one_yml_of_the_same_stem() -> None:
    queries = {path.with_suffix("") for path in MODELS.rglob("*.sql")}
    notes = {path.with_suffix("") for path in MODELS.rglob("*.yml")} - {MODELS / "sources"}
    assert queries, "there are models"
    assert {path.relative_to(MODELS).as_posix() for path in queries ^ notes} == set()
    for path in sorted(queries):
        (model,) = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))["models"]
        assert model["name"] == path.name


# --- what is kept


@cache
def kept() -> tuple[Path, ...]:
    """Every file of the project that is under version control."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True, cwd=PROJECT)
    return tuple(PROJECT / name for name in listed.stdout.split("\0") if name and (PROJECT / name).is_file())


def texts() -> Iterator[tuple[Path, str]]:
    for path in kept():
        data = path.read_bytes()
        if b"\0" not in data:
            yield path, data.decode("utf-8", "replace")


def test_of_what_is_built_only_a_readme_is_kept() -> None:
    of_warehouse = [path.name for path in kept() if path.is_relative_to(PROJECT / "warehouse")]
    assert of_warehouse == ["README.md"]
    built = [path for path in kept() if {".venv", "target", "__pycache__", "logs"} & set(path.parts)]
    assert built == []


def test_no_file_names_a_place_of_one_machine_or_a_registry() -> None:
    # Put together here, so that this file does not name them itself.
    roots = "|".join(("work", "root", "Users", "tmp", "home", "mnt"))
    machine = re.compile(rf"(?<![\w.~}}>/)-])/(?:{roots})/(?=[\w.-])")
    hosts = re.compile(
        "|".join((r"index-" + "url", "python" + r"hosted\.org", "pypi" + r"\.org", "/sim" + "ple/?$")), re.M
    )
    assert machine.search("see /" + "home/someone/x") and not machine.search("<home>/raw, /rest/work/x, {root}/tmp/x")
    wrong = [
        (path.relative_to(PROJECT).as_posix(), found[0])
        for path, text in texts()
        if not path.is_relative_to(PROJECT / "raw" / "documents")
        for found in (*machine.finditer(text), *hosts.finditer(text))
    ]
    assert wrong == []


def test_the_lock_names_every_dependency_with_its_hashes() -> None:
    import tomllib

    lock = (PROJECT / "orchestration" / "requirements.lock").read_text(encoding="utf-8")
    locked = {found.lower() for found in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.M)}
    wanted = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.split(r"[^A-Za-z0-9._-]", one, maxsplit=1)[0].lower() for one in wanted}
    assert names <= locked
    assert lock.count("==") <= lock.count("--hash=sha256:")


# --- tests


def states_something(test: ast.FunctionDef) -> bool:
    """An assertion, an expected error, or a call of a helper that asserts."""
    for node in ast.walk(test):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.endswith(("raises", "warns")) or re.search(r"(?:^|[._])(?:assert|expect|check|agree)", called):
                return True
    return False


@pytest.mark.parametrize("path", modules(PROJECT / "tests"), ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_no_test_asserts_nothing_and_none_is_switched_off(path: Path) -> None:
    tests = [
        node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert [test.name for test in tests if not states_something(test)] == []
    if path == PROJECT / "tests" / "conftest.py":
        return  # the one place that leaves a test out, where its browser is missing
    off = "|".join(("mark.sk" + "ip", "xf" + "ail", r"pytest\.sk" + r"ip\("))
    assert [line for line in path.read_text(encoding="utf-8").splitlines() if re.search(off, line)] == []
