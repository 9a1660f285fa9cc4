"""Apache Superset on the published file, really tried: ``make superset-try``.

Belongs here: installing Superset once in an environment of its own, starting it on this machine alone for a few
minutes, and asking it by its REST API and in a browser what a person would. Does not belong here: other clients
(tests/integration/test_clients.py), how to set Superset up for good (docs/connecting.md).

Superset sees a copy of the published warehouse, so that a new version can be published beneath it. What it writes lies
in a temporary folder, and so do its settings and its random key.
"""

from __future__ import annotations

import argparse
import hashlib
import http.cookiejar
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import duckdb
import pytest

from juesuan import show, warehouse
from juesuan.settings import Settings
from tests.conftest import CHROMIUM
from tests.fixtures.serving import FLAGS
from tests.integration.test_clients import installed

#: What is installed, and everything with it in the versions that were tried.
PACKAGES = Path(__file__).parent / "fixtures" / "superset"
SHOWN = ("apache-superset", "duckdb", "duckdb-engine", "sqlalchemy")
#: Two processes, as a real server has several; each opens the file by itself.
SERVER = ("--workers", "2", "--worker-class", "gthread", "--threads", "4", "--timeout", "120")
CONFIGURATION = """
import os
from superset.config import TALISMAN_CONFIG

SECRET_KEY = os.environ["SUPERSET_TRY_KEY"]
SQLALCHEMY_DATABASE_URI = "sqlite:///" + os.path.join(os.environ["SUPERSET_HOME"], "superset.db")
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    **TALISMAN_CONFIG,
    # nothing from elsewhere: no pixel that counts users, no maps
    "content_security_policy": {
        rule: [one for one in sources if "." not in one] if isinstance(sources, list) else sources
        for rule, sources in TALISMAN_CONFIG["content_security_policy"].items()
    },
}
"""
USER, NAME = "try", "juesuan"
QUERY = """\
select unit_name, fiscal_year, scope, expenditure_total_yuan
from marts.unit_year
where is_default
order by all
limit 50"""
VERSION = "select id from marts.warehouse_version"
#: Seconds that the server may take until it answers.
_STARTING = 120


class Unfit(Exception):  # noqa: N818 - the name says what happened
    """Something did not work; the message says what."""


# --- Superset ---------------------------------------------------------------------------------------------------


def superset() -> Path:
    """The folder of the programs of an environment with Superset; installed once, which takes a minute or two."""
    asked = [PACKAGES / "requirements.txt", PACKAGES / "constraints.txt"]

    def install(folder: Path) -> None:
        show.remark("installing Superset once: a minute or two, 0.9 GB")
        pip = (folder / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", "--quiet")
        for command in (
            (sys.executable, "-m", "venv", folder),
            (*pip, "--retries", "2", "--timeout", "60", "--requirement", asked[0], "--constraint", asked[1]),
        ):
            subprocess.run(list(map(str, command)), capture_output=True, check=True, timeout=1800)

    wanted = hashlib.sha256(b"".join(file.read_bytes() for file in asked)).hexdigest()[:12]
    try:
        return installed(f"superset-{sys.version_info.major}.{sys.version_info.minor}-{wanted}", install) / "bin"
    except pytest.skip.Exception as problem:
        raise Unfit(str(problem)) from None


@contextmanager
def served(programs: Path, home: Path) -> Iterator[Asked]:
    """Superset with a database of its own in ``home``, on a free port of this machine; whoever is logged in."""
    password = secrets.token_urlsafe(16)
    (home / "superset_config.py").write_text(CONFIGURATION, encoding="utf-8")
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "JUESUAN", "VIRTUAL_ENV"))},
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "SUPERSET_TRY_KEY": secrets.token_urlsafe(42),
        "SUPERSET_CONFIG_PATH": str(home / "superset_config.py"),
        "SUPERSET_HOME": str(home),
        "FLASK_APP": "superset.app:create_app()",
    }
    person = ("--username", USER, "--firstname", "x", "--lastname", "x", "--email", "x@example.org")
    for command in (["db", "upgrade"], ["fab", "create-admin", *person, "--password", password], ["init"]):
        show.remark(f"superset {' '.join(command[:2])}")
        done = subprocess.run(
            [str(programs / "superset"), *command],
            env=environment,
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Unfit(f"superset {command[0]}: {' '.join(done.stderr.split())[-400:]}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = home / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [str(programs / "gunicorn"), "--bind", f"127.0.0.1:{port}", *SERVER, "superset.app:create_app()"],
            env=environment,
            cwd=home,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        asked = Asked(f"http://127.0.0.1:{port}", password, log)
        deadline = time.monotonic() + _STARTING
        while not asked.is_up():
            if server.poll() is not None or time.monotonic() > deadline:
                raise Unfit(f"the server does not answer: {log.read_text('utf-8', 'replace')[-400:]}")
            time.sleep(0.5)
        asked.log_in()
        yield asked
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)


@dataclass
class Asked:
    """The REST API of a Superset, asked by its only user."""

    address: str
    password: str
    log: Path
    headers: dict[str, str] = field(default_factory=dict)
    opener: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
    )

    def is_up(self) -> bool:
        try:
            with self.opener.open(f"{self.address}/health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def log_in(self) -> None:
        who = {"username": USER, "password": self.password, "provider": "db", "refresh": False}
        token = self("POST", "/api/v1/security/login", who)["access_token"]
        self.headers |= {"Authorization": f"Bearer {token}", "Referer": self.address}
        self.headers["X-CSRFToken"] = self("GET", "/api/v1/security/csrf_token/")["result"]

    def __call__(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The answer as JSON; raises ``Unfit`` with what Superset said."""
        request = urllib.request.Request(
            f"{self.address}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={**self.headers, "Content-Type": "application/json", "Accept": "application/json"},
        )
        try:
            with self.opener.open(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            said = problem.read().decode(errors="replace")
            raise Unfit(f"{method} {urlsplit(path).path}: {problem.code} {' '.join(said.split())[:300]}") from None
        except OSError as problem:
            raise Unfit(f"{method} {urlsplit(path).path}: {problem}") from None

    def lab(self, database: int, sql: str) -> list[dict[str, Any]]:
        """The rows that SQL Lab shows for a query."""
        asked = {"database_id": database, "sql": sql, "runAsync": False, "queryLimit": 1000, "expand_data": True}
        return self("POST", "/api/v1/sqllab/execute/", asked)["data"]

    def chart(self, dataset: int, columns: list[str], metrics: list[object]) -> list[dict[str, Any]]:
        """The rows that a chart over a dataset draws."""
        asked = {
            "datasource": {"id": dataset, "type": "table"},
            "queries": [{"columns": columns, "metrics": metrics, "row_limit": 1000, "orderby": []}],
            "result_format": "json",
            "result_type": "full",
        }
        return self("POST", "/api/v1/chart/data", asked)["result"][0]["data"]


# --- a warehouse of which new versions can be published ------------------------------------------------------


@dataclass
class House:
    """A copy of a published warehouse; :meth:`publish` switches its link to a next version."""

    folder: Path
    number: int = 0

    @property
    def link(self) -> Path:
        return self.folder / "juesuan.duckdb"

    def publish(self, source: Path) -> str:
        """The next version: ``source`` under another id; returns that id."""
        self.number += 1
        version = f"superset-try-{self.number}"
        file = self.folder / "versions" / version / "juesuan.duckdb"
        file.parent.mkdir(parents=True)
        shutil.copyfile(source, file)
        with duckdb.connect(str(file), config=warehouse.STORAGE) as connection:
            connection.execute("update marts.warehouse_version set id = ?", [version])
        (self.folder / "new").symlink_to(file.relative_to(self.folder))
        (self.folder / "new").replace(self.link)
        shutil.rmtree(self.folder / "versions" / f"superset-try-{self.number - 3}", ignore_errors=True)
        return version

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The answer of this project's own DuckDB."""
        with warehouse.connect(self.link) as connection:
            answer = connection.execute(query)
            names = [column[0] for column in answer.description]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def source(folder: Path) -> Path:
    """The published file of the settings; one built from the project's own reports where none is published."""
    published = Settings.load().published
    if not published.exists():
        show.remark("nothing is published here: building the project's own reports")
        built = folder / "built"
        subprocess.run(
            [sys.executable, "-m", "juesuan", "refresh"],
            env={**os.environ, "JUESUAN_WAREHOUSE": str(built)},
            check=True,
            capture_output=True,
        )
        published = built / "juesuan.duckdb"
    return published.resolve()


# --- what is tried ----------------------------------------------------------------------------------------------


@dataclass
class Trial:
    """What was tried, in order, and what came of it."""

    done: list[tuple[str, bool, str]] = field(default_factory=list)

    def step(self, what: str, doing: Callable[[], str]) -> None:
        try:
            self.done.append((what, True, doing()))
        except Exception as problem:  # whatever it is, the table says it and the next step is tried
            self.done.append((what, False, f"{type(problem).__name__}: {' '.join(str(problem).split())[:300]}"))
        show.remark(f"{'works' if self.done[-1][1] else 'FAILS'}: {what}")

    @property
    def failed(self) -> bool:
        return not all(worked for _, worked, _ in self.done)


def same(seen: object, expected: object, what: str = "the answer") -> None:
    if seen != expected:
        raise Unfit(f"{what} is {seen!r}, not {expected!r}")


def as_sent(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows as Superset sends them: decimals are floating point."""
    return [{key: float(one) if isinstance(one, Decimal) else one for key, one in row.items()} for row in rows]


def in_any_order(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(map(repr, rows))


def tables_try(trial: Trial, asked: Asked, house: House) -> tuple[int, int]:
    """The database and its tables; their numbers in Superset."""
    uri = f"duckdb:///{house.link}?access_mode=read_only&threads=2&memory_limit=1GB"
    database: dict[str, Any] = {"database_name": NAME, "sqlalchemy_uri": uri}
    made = {"database": 0, "dataset": 0}

    def create() -> str:
        made["database"] = asked("POST", "/api/v1/database/", {**database, "expose_in_sqllab": True})["id"]
        return "…/juesuan.duckdb?access_mode=read_only&threads=2&memory_limit=1GB"

    def schemas() -> str:
        seen = asked("GET", f"/api/v1/database/{made['database']}/schemas/")["result"]
        missing = {"juesuan.marts", "juesuan.conformed", "juesuan.staging", "juesuan.raw"} - set(seen)
        same(missing, set(), "what is missing")
        return ", ".join(one for one in seen if one.startswith("juesuan."))

    def tables() -> str:
        asking = quote("(force:!t,schema_name:juesuan.marts)")
        seen = asked("GET", f"/api/v1/database/{made['database']}/tables/?q={asking}")["result"]
        expected = house.rows("select table_name from information_schema.tables where table_schema = 'marts'")
        same({one["value"] for one in seen}, {row["table_name"] for row in expected}, "the list of tables")
        views = sum(one["type"] == "view" for one in seen)
        return f"{len(seen) - views} tables and {views} view of marts"

    def comments() -> str:
        where = urlencode({"name": "unit_year", "schema": "juesuan.marts"})
        seen = asked("GET", f"/api/v1/database/{made['database']}/table_metadata/?{where}")
        expected = house.rows(
            "select column_name, comment from duckdb_columns() "
            "where schema_name = 'marts' and table_name = 'unit_year' order by column_index"
        )
        same([one["name"] for one in seen["columns"]], [row["column_name"] for row in expected], "the columns")
        same([one["comment"] for one in seen["columns"]], [row["comment"] for row in expected], "the comments")
        return f"{len(expected)} columns of unit_year, each with its comment"

    def dataset() -> str:
        table = {"database": made["database"], "schema": "juesuan.marts", "table_name": "unit_year"}
        made["dataset"] = asked("POST", "/api/v1/dataset/", table)["id"]
        columns = asked("GET", f"/api/v1/dataset/{made['dataset']}")["result"]["columns"]
        described = sum(bool(one["description"]) for one in columns)
        kinds = {one["column_name"]: one["type"] for one in columns}
        return f"{len(columns)} columns, {described} described; yuan is {kinds['expenditure_total_yuan']}"

    trial.step("test connection", lambda: asked("POST", "/api/v1/database/test_connection/", database)["message"])
    trial.step("create the database", create)
    trial.step("schemas", schemas)
    trial.step("tables and views", tables)
    trial.step("what columns mean", comments)
    trial.step("dataset on marts.unit_year", dataset)
    return made["database"], made["dataset"]


def queries_try(trial: Trial, asked: Asked, house: House, database: int, dataset: int) -> None:
    total: dict[str, Any] = {
        "expressionType": "SIMPLE",
        "column": {"column_name": "expenditure_total_yuan"},
        "aggregate": "SUM",
        "label": "yuan",
    }

    def lab() -> str:
        seen = asked.lab(database, QUERY)
        same(seen, as_sent(house.rows(QUERY)))
        return f"{len(seen)} rows, {seen[0]['unit_name']} {seen[0]['expenditure_total_yuan']:,.2f}"

    def macro() -> str:
        query = "select * from marts.unit_profile('局') limit 1000"
        seen = asked.lab(database, query)
        same(len(seen), len(house.rows(query)), "the number of rows")
        return f"{len(seen)} rows of marts.unit_profile('局')"

    def view() -> str:
        query = "select count(*) as n from marts.published_figure where table_key = 'T3'"
        same(asked.lab(database, query), house.rows(query))
        return f"{house.rows(query)[0]['n']:,} figures"

    def chart() -> str:
        seen = asked.chart(dataset, ["scope", "fiscal_year"], [total])
        expected = house.rows(
            "select scope, fiscal_year, sum(expenditure_total_yuan) as yuan from marts.unit_year group by all"
        )
        same(in_any_order(seen), in_any_order(as_sent(expected)))
        return f"{len(seen)} rows, summed by Superset as by DuckDB"

    def refused() -> str:
        asked("PUT", f"/api/v1/database/{database}", {"allow_dml": True})
        try:
            asked.lab(database, "create table marts.mine (number integer)")
        except Unfit as problem:
            if "read-only" in str(problem):
                return "even where Superset allows it: DuckDB says read-only"
            raise
        finally:
            asked("PUT", f"/api/v1/database/{database}", {"allow_dml": False})
        raise Unfit("a table could be made")

    trial.step("SQL Lab", lab)
    trial.step("SQL Lab, a view", view)
    trial.step("SQL Lab, a table macro", macro)
    trial.step("chart data", chart)
    trial.step("writing is refused", refused)


def versions_try(trial: Trial, asked: Asked, house: House, database: int, file: Path) -> None:
    made: dict[str, int] = {}

    def charted() -> str:
        return asked.chart(made["dataset"], ["id"], [])[0]["id"]

    def before() -> str:
        table = {"database": database, "schema": "juesuan.marts", "table_name": "warehouse_version"}
        made["dataset"] = asked("POST", "/api/v1/dataset/", table)["id"]
        version = house.rows(VERSION)[0]["id"]
        same(asked.lab(database, VERSION), [{"id": version}])
        same(charted(), version)
        return version

    def after() -> str:
        version = house.publish(file)
        same(asked.lab(database, VERSION), [{"id": version}], "in SQL Lab, the version")
        same(charted(), version, "in a chart, the version")
        return f"{version}, seen by the next query and the next chart, Superset not restarted"

    def meanwhile() -> str:
        seen: list[list[str]] = [[] for _ in range(4)]
        problems: list[str] = []
        over = threading.Event()

        def look(mine: list[str]) -> None:
            while not over.is_set():
                try:
                    mine.append(asked.lab(database, VERSION)[0]["id"])
                except Unfit as problem:
                    problems.append(str(problem))

        lookers = [threading.Thread(target=look, args=(mine,)) for mine in seen]
        with ExitStack() as ended:
            for one in lookers:
                one.start()
                ended.callback(one.join)
            ended.callback(over.set)
            published = []
            for _ in range(5):
                time.sleep(1)
                published.append(house.publish(file))
            time.sleep(1)
        if problems:
            raise Unfit(f"{len(problems)} of {sum(map(len, seen))} queries failed: {problems[0]}")
        for mine in seen:
            same(mine, sorted(mine, key=lambda version: int(version.rsplit("-", 1)[1])), "what one person saw")
            same(mine[-1], published[-1], "the last version seen")
        return f"{sum(map(len, seen))} queries of 4 people while 5 versions were published: none failed or went back"

    trial.step("the version", before)
    trial.step("a new version", after)
    trial.step("versions under load", meanwhile)


def picture_try(trial: Trial, asked: Asked, database: int, given: Path | None) -> None:
    def draw() -> str:
        if CHROMIUM is None:
            raise Unfit("Chromium is needed: apt-get install chromium fonts-noto-cjk")
        from playwright.sync_api import sync_playwright

        elsewhere: set[str] = set()
        with sync_playwright() as playwright:
            alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, alone])
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.on("requestfinished", lambda request: elsewhere.add(urlsplit(request.url).netloc))
            page.on(
                "requestfailed",
                # what the policy of the pages forbids is not even looked up
                lambda request: request.failure == "csp" or elsewhere.add(urlsplit(request.url).netloc),
            )
            page.goto(f"{asked.address}/login/", timeout=60_000)
            page.locator("input[type=password]").wait_for(timeout=60_000)
            page.locator("input[type=text], input#username").first.fill(USER)
            page.locator("input[type=password]").fill(asked.password)
            page.locator("button[type=submit], input[type=submit]").first.click()
            page.wait_for_url(lambda url: "/login" not in url, timeout=60_000)
            page.goto(f"{asked.address}/sqllab/?{urlencode({'dbid': database, 'sql': QUERY, 'autorun': 'true'})}")
            expected = asked.lab(database, QUERY)[0]["unit_name"]
            page.get_by_text(expected).first.wait_for(timeout=60_000)
            page.wait_for_timeout(1500)
            picture = (given or Path(tempfile.mkdtemp(prefix="superset-try-")) / "sql-lab.png").resolve()
            picture.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(picture))
            browser.close()
        elsewhere -= {"", urlsplit(asked.address).netloc}
        same(elsewhere, set(), "who else is asked by the pages")
        return f"{picture}; the pages ask nobody else"

    trial.step("SQL Lab in a browser", draw)


def main() -> int:
    """Try everything; 0 where all of it works."""
    options = argparse.ArgumentParser(prog="python -m tests.superset_try", description=__doc__.splitlines()[0])
    options.add_argument("--screenshot", type=Path, help="where the picture of SQL Lab goes (a temporary folder)")
    given = options.parse_args()
    trial = Trial()
    with tempfile.TemporaryDirectory(prefix="superset-try-") as temporary:
        folder = Path(temporary)
        try:
            programs = superset()
            file = source(folder)
            house = House(folder / "house")
            house.publish(file)
            home = folder / "home"
            home.mkdir()
            with served(programs, home) as asked:
                trial.step("installed and started", lambda: versions(programs))
                database, dataset = tables_try(trial, asked, house)
                queries_try(trial, asked, house, database, dataset)
                versions_try(trial, asked, house, database, file)
                picture_try(trial, asked, database, given.screenshot)
        except (Unfit, subprocess.CalledProcessError) as problem:
            trial.done.append(("installed and started", False, str(problem)))
    rows = [(what, "works" if worked else "fails", said) for what, worked, said in trial.done]
    show.table(("tried", "", "what came of it"), rows, title="Apache Superset on the published file")
    return int(trial.failed)


def versions(programs: Path) -> str:
    """What is tried, in its versions."""
    asks = f"from importlib.metadata import version as v; print(', '.join(f'{{n}} {{v(n)}}' for n in {SHOWN}))"
    return subprocess.run([programs / "python", "-c", asks], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
