"""Settings: defaults, what is refused, and where the anchor may lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from suwen.bootstrap.settings import SETTINGS_FILE, read_settings
from suwen.core.errors import ConfigurationError
from tests.integration.inference.test_tls import write_certificate


def environment(folder: Path, toml: str | bytes | None = None, **more: str) -> dict[str, str]:
    """An environment whose state directory holds this settings file."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    if toml is not None:
        (home / SETTINGS_FILE).write_bytes(toml.encode() if isinstance(toml, str) else toml)
    return {"SUWEN_HOME": str(home), "XDG_STATE_HOME": str(folder / "state"), **more}


def refused(folder: Path, toml: str | bytes | None = None, **more: str) -> tuple[str, str | None]:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(environment(folder, toml, **more))
    assert caught.value.safe_message.zh
    assert caught.value.safe_message.en
    return caught.value.code, caught.value.field


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    settings = read_settings(environment(tmp_path))
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 8765)
    assert settings.site.language == "zh"
    assert settings.demonstration is True
    assert settings.outside_databases is None
    assert settings.zone.key == "Asia/Shanghai"
    assert settings.run_folder == tmp_path / "home" / "run"


def test_nothing_is_created_by_reading(tmp_path: Path) -> None:
    read_settings({"SUWEN_HOME": str(tmp_path / "new" / "home")})
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("empty", [{}, {"SUWEN_HOME": ""}])
def test_the_default_home_is_var_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: dict[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings(empty).home == tmp_path / "var"


def test_a_file_is_read(tmp_path: Path) -> None:
    toml = (
        'demonstration = false\n[site]\nname_zh = "某医院"\nlanguage = "en"\n'
        '[web]\nport = 9000\nframe_ancestors = ["https://emr.hospital.example", '
        '"https://*.hospital.example:8443"]\nidle_minutes = 10\n'
        "[audit]\nanchor_seconds = 5\n[engine]\nenabled = false\n"
    )
    settings = read_settings(environment(tmp_path, toml))
    assert settings.demonstration is False
    assert (settings.site.name_zh, settings.site.language) == ("某医院", "en")
    assert settings.web.frame_ancestors[1] == "https://*.hospital.example:8443"
    assert (settings.web.port, settings.web.idle_minutes) == (9000, 10)
    assert settings.audit.anchor_seconds == 5.0
    assert settings.engine.enabled is False


WRONG = [
    ("x", "settings_malformed", SETTINGS_FILE),
    (b"\xff\xfe", "settings_malformed", SETTINGS_FILE),
    ("a = 1\na = 2", "settings_malformed", SETTINGS_FILE),
    ("a = " + "[" * 5000, "settings_malformed", SETTINGS_FILE),
    ("nokey = 1", "settings_wrong", "nokey"),
    ("[web]\nprot = 1", "settings_wrong", "web.prot"),
    ("web = 3", "settings_wrong", "web"),
    ("[web]\nport = '8765'", "settings_wrong", "web.port"),
    ("[web]\nport = true", "settings_wrong", "web.port"),
    ("[web]\nport = 80.0", "settings_wrong", "web.port"),
    ("[web]\nport = 70000", "settings_wrong", "web.port"),
    ("[web]\nport = -1", "settings_wrong", "web.port"),
    ("[web]\nsession_minutes = 4", "settings_wrong", "web.session_minutes"),
    ("[web]\nsecure_cookies = 'false'", "settings_wrong", "web.secure_cookies"),
    ("demonstration = 'no'", "settings_wrong", "demonstration"),
    ("[site]\nlanguage = 'fr'", "settings_wrong", "site.language"),
    ("[site]\njurisdiction = 'CN'", "settings_wrong", "site.jurisdiction"),
    ("[site]\ntime_zone = 'Mars/Olympus'", "settings_wrong", "site.time_zone"),
    ("[audit]\nanchor_seconds = 0", "settings_wrong", "audit.anchor_seconds"),
    ("[audit]\nanchor_seconds = 11", "settings_wrong", "audit.anchor_seconds"),
    ("[audit]\nanchor_seconds = nan", "settings_wrong", "audit.anchor_seconds"),
    ("[engine]\nthreads = 0", "settings_wrong", "engine.threads"),
    ("home = '/x'", "settings_wrong", "home"),
    ("outside_databases = 1", "settings_wrong", "home"),
    ('[web]\nframe_ancestors = "https://a"', "settings_wrong", "web.frame_ancestors"),
    (
        '[web]\nframe_ancestors = ["https://a; script-src *"]',
        "settings_wrong",
        "web.frame_ancestors",
    ),
    ('[web]\nframe_ancestors = ["https://a\\nX: y"]', "settings_wrong", "web.frame_ancestors"),
    ('[web]\nframe_ancestors = ["*"]', "settings_wrong", "web.frame_ancestors"),
    ('[web]\nframe_ancestors = ["javascript:x"]', "settings_wrong", "web.frame_ancestors"),
]


@pytest.mark.parametrize(("toml", "code", "field"), WRONG, ids=lambda v: str(v)[:24])
def test_a_wrong_setting_is_refused_with_its_name(
    tmp_path: Path, toml: str | bytes, code: str, field: str
) -> None:
    assert refused(tmp_path, toml) == (code, field)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "home" / SETTINGS_FILE).mkdir(parents=True)
    assert refused(tmp_path) == ("settings_unreadable", SETTINGS_FILE)


def test_the_wrong_value_itself_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(environment(tmp_path, "[engine]\nmodel = 7\ncontext_tokens = 'sk-secret'"))
    assert "sk-secret" not in str(caught.value.safe_message)


@pytest.mark.parametrize("home", ["/dev/null", "/dev/null/below", "~no-such-account/x"])
def test_a_home_that_cannot_be(home: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_settings({"SUWEN_HOME": home})
    assert (caught.value.code, caught.value.field) == ("home_unusable", "SUWEN_HOME")


def test_the_anchor_lies_outside_whatever_it_is_called(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "link").symlink_to(home)
    inside = [
        str(home / "anchor"),
        str(home),
        f"{tmp_path}/elsewhere/../home/anchor",
        str(tmp_path / "link" / "anchor"),
    ]
    for anchor in inside:
        code = refused(tmp_path, SUWEN_AUDIT_ANCHOR=anchor)
        assert code == ("anchor_inside_home", "audit.anchor"), anchor
    by_file = f'[audit]\nanchor = "{home}/anchor"'
    assert refused(tmp_path, by_file) == ("anchor_inside_home", "audit.anchor")


def test_an_anchor_that_names_no_file(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    loop = str(tmp_path / "loop" / "anchor")
    assert refused(tmp_path, SUWEN_AUDIT_ANCHOR=loop) == ("anchor_unusable", "audit.anchor")
    nul = '[audit]\nanchor = "a\\u0000b"'
    assert refused(tmp_path, nul) == ("anchor_unusable", "audit.anchor")


def test_the_anchor_of_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    outside = str(tmp_path / "anchor.jsonl")
    toml = '[audit]\nanchor = "/elsewhere/anchor"'
    assert read_settings(environment(tmp_path, toml)).audit.anchor == "/elsewhere/anchor"
    both = environment(tmp_path, toml, SUWEN_AUDIT_ANCHOR=outside)
    assert read_settings(both).audit.anchor == outside
    assert (
        read_settings(environment(tmp_path, SUWEN_AUDIT_ANCHOR="syslog")).audit.anchor == "syslog"
    )


def test_two_homes_have_two_default_anchors(tmp_path: Path) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    anchors = {
        read_settings({"SUWEN_HOME": str(tmp_path / name), **state}).audit.anchor
        for name in ("one", "two")
    }
    assert len(anchors) == 2
    assert all(str(anchor).startswith(str(tmp_path / "state")) for anchor in anchors)


def test_addresses_of_databases_are_never_shown(tmp_path: Path) -> None:
    urls = {
        "SUWEN_DATABASE_URL": "postgresql://general:pw-general@db/general",
        "SUWEN_DEVICE_DATABASE_URL": "postgresql://device:pw-device@db/device",
        "SUWEN_MIGRATION_DATABASE_URL": "postgresql://owner:pw-owner@db/general",
    }
    settings = read_settings(environment(tmp_path, **urls))
    assert settings.outside_databases is not None
    assert "pw-" not in repr(settings)
    assert "pw-" not in str(settings)
    del urls["SUWEN_DEVICE_DATABASE_URL"]
    code = refused(tmp_path, **urls)
    assert code == ("database_url_missing", "SUWEN_DEVICE_DATABASE_URL")


def test_the_authority_of_the_engines_is_a_file_of_certificates(tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path, "127.0.0.1")
    settings = read_settings(environment(tmp_path, f'[endpoints]\nca_file = "{certificate}"\n'))
    assert settings.endpoints.ca_file == str(certificate)
    (tmp_path / "empty.pem").write_text("no certificate")
    for wrong in ("relative.pem", str(tmp_path / "none.pem"), str(tmp_path / "empty.pem")):
        toml = f'[endpoints]\nca_file = "{wrong}"\n'
        assert refused(tmp_path, toml) == ("settings_wrong", "endpoints.ca_file")


def test_retention_has_its_defaults_and_bounds(tmp_path: Path) -> None:
    kept = read_settings(environment(tmp_path)).retention
    assert (kept.run_event_hours, kept.draft_days) == (24, None)
    for wrong in ("run_event_hours = 0", "draft_days = 0"):
        field = wrong.split()[0]
        toml = f"[retention]\n{wrong}\n"
        assert refused(tmp_path, toml) == ("settings_wrong", f"retention.{field}")
