"""Settings: where each comes from, what is refused, and that no secret is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from juesuan.settings import OPTIONS, Settings, SettingsError, shown


def env(home: Path, toml: str = "", **more: str) -> dict[str, str]:
    (home / "juesuan.toml").write_text(toml, encoding="utf-8")
    return {"JUESUAN_HOME": str(home), **more}


def test_a_variable_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    told = env(tmp_path, "[keep]\nversions = 2\ndays = 3\n", JUESUAN_KEEP_DAYS="9")
    keep = Settings.load(told).keep
    assert (keep.versions, keep.days, keep.run_days) == (2, 9, 30)
    rows = {row["setting"]: row for row in shown(told)}
    assert rows["keep.versions"]["from"] == str(tmp_path / "juesuan.toml")
    assert rows["keep.days"]["from"] == "JUESUAN_KEEP_DAYS"
    assert rows["keep.run_days"]["from"] == "default"
    assert len(rows) == len(OPTIONS) == len({option.env for option in OPTIONS})


def test_paths_of_the_file_are_from_where_it_lies(tmp_path: Path) -> None:
    elsewhere = tmp_path / "etc"
    elsewhere.mkdir()
    (elsewhere / "ours.toml").write_text('[paths]\nwarehouse = "../var"\nraw = "s3://bucket/raw"\n', encoding="utf-8")
    settings = Settings.load({"JUESUAN_HOME": str(tmp_path), "JUESUAN_CONFIG": str(elsewhere / "ours.toml")})
    assert settings.warehouse.resolve() == tmp_path / "var"
    assert settings.raw == "s3://bucket/raw"
    assert settings.inbox == tmp_path / "raw" / "inbox"
    assert Settings.load(settings.environment).warehouse == settings.warehouse


def test_every_option_can_be_set_in_the_file(tmp_path: Path) -> None:
    values = {"whole": "7", "count": "0", "list": '["a", "b"]', "secrets": '["json://a.example"]'}
    lines = []
    for option in OPTIONS:
        section, _, key = option.key.partition(".")
        text = f'"{option.choices[-1]}"' if option.choices else values.get(option.kind, '"said"')
        lines.append(f"{section}.{key} = {text}")
    settings = Settings.load(env(tmp_path, "\n".join(lines)))
    assert settings.limits.max_pages == 7
    assert settings.keep.versions == 0
    assert settings.access.hosts == ("a", "b")
    assert settings.alerts == ("json://a.example",)
    assert settings.log == "json"
    assert settings.warehouse == tmp_path / "said"


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[keep]\nversion = 2\n", "did you mean keep.versions"),
        ("[keep]\nversions = -1\n", "keep.versions=-1 must be a whole number"),
        ("[keep]\nversions = true\n", "keep.versions holds True"),
        ("[keep\n", "not TOML"),
        ('[log]\nformat = "xml"\n', "must be one of text, json"),
        ("[unattended]\nschedule = 5\n", "unattended.schedule must be a text"),
        ('[access]\ntoken_file = "nowhere"\n', "No such file"),
        ('[access]\nuser = "someone"\n', "belong together"),
    ],
)
def test_what_the_file_cannot_hold_is_named(tmp_path: Path, toml: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said.replace(".", r"\.")):
        Settings.load(env(tmp_path, toml))


def test_a_file_that_is_named_and_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="JUESUAN_CONFIG"):
        Settings.load({"JUESUAN_HOME": str(tmp_path), "JUESUAN_CONFIG": str(tmp_path / "none.toml")})


def test_a_secret_lies_in_a_file_of_its_own_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("geheim-1\n", encoding="utf-8")
    told = env(
        tmp_path,
        '[access]\ntoken_file = "token"\n[alerts]\nto = ["json://geheim-2@host"]\n',
        JUESUAN_POSTGRES="postgresql://x:geheim-3@host/db",
        JUESUAN_USER="someone",
        JUESUAN_PASSWORD_FILE=str(tmp_path / "token"),
    )
    settings = Settings.load(told)
    assert settings.access.token == settings.access.password == "geheim-1"
    assert settings.access.guarded
    assert "geheim" not in repr(settings)
    assert "geheim" not in repr(shown(told))
    values = {row["setting"]: row["value"] for row in shown(told)}
    assert values["access.token"] == values["alerts.to"] == values["postgres.url"] == "set"


def test_what_a_secret_holds_is_in_no_complaint(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(env(tmp_path, '[access]\ntoken = ["geheim"]\n'))
    assert "geheim" not in str(caught.value)
