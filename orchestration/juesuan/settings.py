"""Where things are, within which limits documents are read, and what runs by itself: the only place that knows.

Belongs here: every setting with its name in the settings file, its environment variable, its default and what it
means. Does not belong here: acting on any of them. The library (``final_accounts``) never imports this module;
whoever calls it passes what it needs.

A setting comes from its environment variable, else from the settings file, else it has its default. The file is
``juesuan.toml`` in the project's folder, or what ``JUESUAN_CONFIG`` names. A secret may also lie in a file of its own,
which the variable with ``_FILE`` behind its name points to. ``juesuan settings`` shows all of them and where each
came from.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from juesuan.final_accounts.model import JuesuanError
from juesuan.final_accounts.readers import DEFAULT, Limits

FILE = "juesuan.toml"
#: ``whole`` is above 0, ``count`` may be 0; ``list`` is parted by white space in a variable.
Kind = Literal["path", "address", "whole", "count", "text", "choice", "list", "secret", "secrets"]


class SettingsError(JuesuanError):
    """A variable or the settings file holds what it cannot hold; the message names it."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: ``key`` in the settings file, its variable, its kind, its default as a value or (where it follows
    from others) in words, and what it means.
    """

    key: str
    env: str
    kind: Kind
    default: str | int | None
    says: str
    choices: tuple[str, ...] = ()


OPTIONS: tuple[Option, ...] = (
    Option("paths.raw", "JUESUAN_RAW", "address", "<home>/raw", "the archive: a folder, or any fsspec address"),
    Option("paths.inbox", "JUESUAN_INBOX", "path", "<raw>/inbox", "where new files are dropped"),
    Option("paths.warehouse", "JUESUAN_WAREHOUSE", "path", "<home>/warehouse", "everything that is built"),
    Option("limits.max_bytes", "JUESUAN_MAX_BYTES", "whole", DEFAULT.max_bytes, "bytes of one document"),
    Option("limits.max_pages", "JUESUAN_MAX_PAGES", "whole", DEFAULT.max_pages, "pages or sheets of one document"),
    Option(
        "limits.memory_mb", "JUESUAN_MEMORY_MB", "whole", DEFAULT.memory_mb, "megabytes of the worker that reads it"
    ),
    Option("limits.seconds", "JUESUAN_SECONDS", "whole", int(DEFAULT.seconds), "seconds of CPU time for one document"),
    Option(
        "query.seconds",
        "JUESUAN_QUERY_SECONDS",
        "whole",
        30,
        "how long a query of the pages or of an assistant may run",
    ),
    Option("query.memory", "JUESUAN_QUERY_MEMORY", "text", "1GB", "the memory it may use, as DuckDB writes it"),
    Option("query.rows", "JUESUAN_QUERY_ROWS", "whole", 10_000, "the rows it may answer"),
    Option(
        "build.memory",
        "JUESUAN_BUILD_MEMORY",
        "text",
        "5GB",
        "the memory that DuckDB may use in a refresh; what needs more goes by way of the disk",
    ),
    Option("keep.versions", "JUESUAN_KEEP_VERSIONS", "count", 5, "published versions that stay whatever their age"),
    Option("keep.days", "JUESUAN_KEEP_DAYS", "count", 7, "days for which all published versions stay"),
    Option("keep.run_days", "JUESUAN_KEEP_RUN_DAYS", "whole", 30, "days for which Dagster's runs and their logs stay"),
    Option(
        "unattended.schedule",
        "JUESUAN_SCHEDULE",
        "text",
        "30 2 * * *",
        "when the daemon refreshes whatever happened, as cron says it",
    ),
    Option("unattended.timezone", "JUESUAN_TIMEZONE", "text", "Asia/Shanghai", "whose clock that is"),
    Option(
        "unattended.retries",
        "JUESUAN_RETRIES",
        "count",
        3,
        "how often a refresh that failed is tried again before an alert",
    ),
    Option(
        "unattended.wait_seconds",
        "JUESUAN_RETRY_WAIT_SECONDS",
        "whole",
        60,
        "before the first new try; each later one waits twice as long",
    ),
    Option(
        "unattended.fresh_hours",
        "JUESUAN_FRESH_HOURS",
        "whole",
        26,
        "hours after which a warehouse that nobody looked after is stale",
    ),
    Option(
        "alerts.to",
        "JUESUAN_ALERTS",
        "secrets",
        None,
        "addresses of Apprise that alerts go to: webhook, e-mail, 钉钉, 飞书, 企业微信",
    ),
    Option(
        "access.token",
        "JUESUAN_TOKEN",
        "secret",
        None,
        "who has it may use the servers: as bearer token, or as a password with any name",
    ),
    Option("access.user", "JUESUAN_USER", "text", None, "a name that may use them, with"),
    Option("access.password", "JUESUAN_PASSWORD", "secret", None, "its password"),
    Option(
        "access.hosts",
        "JUESUAN_HOSTS",
        "list",
        None,
        "names under which the servers answer, beside this machine's own; with the port where it is not the usual",
    ),
    Option("postgres.url", "JUESUAN_POSTGRES", "secret", None, "the PostgreSQL server that juesuan publish writes to"),
    Option(
        "log.format",
        "JUESUAN_LOG",
        "choice",
        "text",
        "progress and errors where nobody watches: text, or one JSON object a line",
        ("text", "json"),
    ),
)


@dataclass(frozen=True, slots=True)
class Keep:
    """What stays: ``versions`` in any case and all of the last ``days``; Dagster's runs of the last ``run_days``."""

    versions: int
    days: int
    run_days: int


@dataclass(frozen=True, slots=True)
class Unattended:
    """How the daemon works: see the options of that name."""

    schedule: str
    timezone: str
    retries: int
    wait_seconds: int
    fresh_hours: int


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a server of ours, and under which names it answers. Nothing of it is ever printed."""

    token: str | None = field(default=None, repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    hosts: tuple[str, ...] = ()

    @property
    def guarded(self) -> bool:
        """Whether anything is asked of who comes."""
        return bool(self.token or self.password)


@dataclass(frozen=True, slots=True)
class QueryBounds:
    """What a query of the pages or of an assistant may take."""

    seconds: int
    memory: str
    rows: int


@dataclass(frozen=True, slots=True)
class Settings:
    """One reading of environment and settings file. ``raw`` is an address (a plain path or with a protocol)."""

    home: Path
    file: Path | None
    raw: str
    inbox: Path
    warehouse: Path
    limits: Limits
    query: QueryBounds
    keep: Keep
    unattended: Unattended
    access: Access
    log: str
    build_memory: str = "5GB"
    alerts: tuple[str, ...] = field(default=(), repr=False)
    postgres: str | None = field(default=None, repr=False)

    @classmethod
    def load(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the environment (``os.environ`` unless another mapping is given) and the settings file.

        Relative paths in variables are taken from the current folder, those in the file from the file's. Raises
        :class:`SettingsError`.
        """
        told = Told(os.environ if env is None else env)
        raw = told.value("paths.raw") or str(told.home / "raw")
        inbox = told.home / "raw" / "inbox" if is_address(raw) else Path(raw) / "inbox"
        user, password = told.value("access.user"), told.value("access.password")
        if bool(user) != bool(password):
            raise SettingsError("JUESUAN_USER and JUESUAN_PASSWORD belong together; set both or neither")
        return cls(
            home=told.home,
            file=told.file,
            raw=raw,
            inbox=told.value("paths.inbox") or inbox,
            warehouse=told.value("paths.warehouse") or told.home / "warehouse",
            limits=Limits(**told.section("limits")),
            query=QueryBounds(**told.section("query")),
            keep=Keep(**told.section("keep")),
            unattended=Unattended(**told.section("unattended")),
            access=Access(told.value("access.token"), user, password, told.value("access.hosts") or ()),
            log=told.value("log.format"),
            build_memory=told.value("build.memory"),
            alerts=told.value("alerts.to") or (),
            postgres=told.value("postgres.url"),
        )

    @property
    def dbt_project(self) -> Path:
        """The dbt project."""
        return self.home / "dbt_project"

    @property
    def published(self) -> Path:
        """The link that readers open: it always points to the last published version."""
        return self.warehouse / "juesuan.duckdb"

    @property
    def versions(self) -> Path:
        """One folder per published version."""
        return self.warehouse / "versions"

    @property
    def work(self) -> Path:
        """Where builds happen, out of the readers' sight."""
        return self.warehouse / "work"

    @property
    def landing(self) -> Path:
        """Parquet batches and their ledger."""
        return self.warehouse / "landing"

    @property
    def readings(self) -> Path:
        """Cache of grids and lines by (sha256, fingerprint of the reader)."""
        return self.warehouse / "readings"

    @property
    def lock(self) -> Path:
        """The one lock that sensor, schedule and command line share."""
        return self.warehouse / "refresh.lock"

    @property
    def dagster_home(self) -> Path:
        """Dagster's run history."""
        return self.warehouse / "dagster"

    @property
    def environment(self) -> dict[str, str]:
        """What a child process needs in its environment to find the same house from another folder."""
        same = {"JUESUAN_HOME": str(self.home), "JUESUAN_RAW": self.raw, "JUESUAN_INBOX": str(self.inbox),
                "JUESUAN_WAREHOUSE": str(self.warehouse)}  # fmt: skip
        return same | ({"JUESUAN_CONFIG": str(self.file)} if self.file else {})


class Told:
    """What environment and settings file say, option by option."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        named = _path(env.get("JUESUAN_CONFIG"))
        self.home = _path(env.get("JUESUAN_HOME")) or _checkout() or Path.cwd()
        usual = self.home / FILE
        self.file = named or (usual if usual.is_file() else None)

    @cached_property
    def _content(self) -> dict[str, Any]:
        """The settings file, as key -> value; unknown keys are refused, as a mistyped one would do nothing."""
        if self.file is None:
            return {}
        import tomllib

        try:
            with self.file.open("rb") as opened:
                sections = tomllib.load(opened)
        except OSError as problem:
            raise SettingsError(f"{self.file}: {problem.strerror}; JUESUAN_CONFIG names the settings file") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise SettingsError(f"{self.file}: not TOML: {problem}") from None
        known = {option.key for option in OPTIONS} | {f"{one.key}_file" for one in OPTIONS if _is_secret(one)}
        found: dict[str, Any] = {}
        for section, keys in sections.items():
            for key, value in (keys if isinstance(keys, dict) else {"": keys}).items():
                name = f"{section}.{key}" if key else section
                if name not in known:
                    import difflib

                    near = difflib.get_close_matches(name, known, 1)
                    raise SettingsError(
                        f"{self.file}: there is no setting {name}"
                        + (f"; did you mean {near[0]}?" if near else "; juesuan settings lists them")
                    )
                found[name] = value
        return found

    def source(self, key: str) -> str:
        """Where the value of a setting comes from: the variable, the file, or ``default``."""
        option = _BY_KEY[key]
        for name in (option.env, *([f"{option.env}_FILE"] if _is_secret(option) else [])):
            if self._env.get(name):
                return name
        if key in self._content or f"{key}_file" in self._content:
            return str(self.file)
        return "default"

    def section(self, name: str) -> dict[str, Any]:
        """All settings of a section, by their names within it."""
        return {
            option.key.partition(".")[2]: self.value(option.key)
            for option in OPTIONS
            if option.key.startswith(f"{name}.")
        }

    def value(self, key: str) -> Any:
        """The value of a setting; None where it is not set and its default is none, or follows from others."""
        option = _BY_KEY[key]
        if text := self._env.get(option.env):
            return _parsed(option, text, option.env, Path.cwd())
        if _is_secret(option) and (file := _path(self._env.get(f"{option.env}_FILE"))):
            return _parsed(option, _secret(file, f"{option.env}_FILE"), f"{option.env}_FILE", Path.cwd())
        where = f"{self.file}: {key}"
        folder = self.file.parent if self.file else Path.cwd()
        if key in self._content:
            value = self._content[key]
            listed = isinstance(value, list) and all(isinstance(one, str) for one in value)
            if isinstance(value, bool) or not (isinstance(value, (str, int)) or listed):
                raise SettingsError(f"{where} holds {value!r}, which is no text, number or list of texts")
            return _parsed(option, value, where, folder)
        if (file := self._content.get(f"{key}_file")) is not None:
            return _parsed(option, _secret(folder / Path(str(file)).expanduser(), f"{where}_file"), where, folder)
        if option.kind in ("path", "address"):
            return None
        return option.default


_BY_KEY = {option.key: option for option in OPTIONS}


def shown(env: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """Every setting as it holds now: ``setting``, ``variable``, ``value`` (a secret says only that it is set),
    ``default``, ``from``, ``meaning``. Raises :class:`SettingsError`.
    """
    told = Told(os.environ if env is None else env)
    rows = []
    for option in OPTIONS:
        value, source = told.value(option.key), told.source(option.key)
        if _is_secret(option):
            said = "set" if value else ""
        elif isinstance(value, tuple):
            said = " ".join(value)
        else:
            said = "" if value is None else str(value)
        default = "" if option.default is None else str(option.default)
        rows.append(
            {
                "setting": option.key,
                "variable": option.env,
                "value": said or ("" if source != "default" else default),
                "default": default,
                "from": source,
                "meaning": option.says,
            }
        )
    return rows


def is_address(raw: str) -> bool:
    """Whether ``raw`` names a protocol (``s3://...``), as opposed to a plain path. ``C:\\raw`` is a path."""
    protocol, mark, _ = raw.partition("://")
    return bool(mark) and protocol.isascii() and len(protocol) > 1


def _is_secret(option: Option) -> bool:
    return option.kind in ("secret", "secrets")


def _secret(file: Path, where: str) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        said = problem.strerror if isinstance(problem, OSError) else "not text"
        raise SettingsError(f"{where}: {file}: {said}") from None


def _parsed(option: Option, given: str | int | list[str], where: str, folder: Path) -> Any:
    """The value of ``option`` from what was given at ``where``. What a secret holds is never part of a message."""
    if option.kind in ("whole", "count"):
        least = 1 if option.kind == "whole" else 0
        text = str(given)
        if not text.isascii() or not text.isdigit() or int(text) < least:
            wanted = "a whole number above 0" if least else "a whole number"
            raise SettingsError(f"{where}={given!r} must be {wanted}; unset it to use {option.default}")
        return int(text)
    if option.kind in ("list", "secrets"):
        return tuple(given if isinstance(given, list) else str(given).split())
    if not isinstance(given, str):
        raise SettingsError(f"{where} must be a text in quotation marks")
    if option.kind == "path" or (option.kind == "address" and not is_address(given)):
        path = folder / Path(given).expanduser()
        return path if option.kind == "path" else str(path)
    if option.choices and given not in option.choices:
        raise SettingsError(f"{where}={given!r} must be one of {', '.join(option.choices)}")
    return given


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser().absolute() if text else None


def _checkout() -> Path | None:
    """The folder that holds both this package and the dbt project; None where only the package is
    installed.
    """
    home = Path(__file__).resolve().parents[2]
    return home if (home / "dbt_project").is_dir() and (home / "pyproject.toml").is_file() else None
