"""Sections [oidc], [ldap] and [launch]: what is not safe or not whole is refused at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from suwen.bootstrap.settings import read_settings
from suwen.core.errors import ConfigurationError
from suwen.core.identity import Role

OIDC = """
[oidc]
issuer = "https://sso.hospital.example"
client_id = "suwen"
{more}
[oidc.roles]
doctor = "{role}"
"""
LDAP = """
[ldap]
servers = ["{server}"]
people_base = "ou=people,dc=h"
groups_base = "ou=groups,dc=h"
{more}
[ldap.roles]
"{group}" = "nurse"
"""


def read(home: Path, text: str) -> Any:
    (home / "suwen.toml").write_text(text)
    return read_settings({"SUWEN_HOME": str(home), "SUWEN_AUDIT_ANCHOR": str(home.parent / "a")})


def oidc(more: str = "", role: str = "physician") -> str:
    return OIDC.format(more=more, role=role)


def ldap(server: str = "ldaps://dc1.h", more: str = "", group: str = "cn=nurses,dc=h") -> str:
    return LDAP.format(server=server, more=more, group=group)


def test_a_whole_section_is_read(tmp_path: Path) -> None:
    settings = read(tmp_path, oidc() + ldap())
    assert settings.oidc.roles == {"doctor": Role.PHYSICIAN}
    assert settings.ldap.roles == {"cn=nurses,dc=h": Role.NURSE}


def test_without_a_section_there_is_none(tmp_path: Path) -> None:
    settings = read(tmp_path, "")
    assert settings.oidc.issuer is None
    assert settings.ldap.servers == ()
    assert not settings.launch.signed_addresses


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (oidc(role="king"), "oidc.roles.doctor"),
        (oidc(role="service"), "oidc"),
        (oidc('scopes = ["profile"]'), "oidc"),
        (oidc('client_secret_file = "relative"'), "oidc"),
        (oidc('client_secret_file = "/nowhere/at/all"'), "oidc"),
        (oidc("skew_seconds = 601"), "oidc.skew_seconds"),
        (oidc('isuer = "x"'), "oidc.isuer"),
        ('[oidc]\nissuer = "https://x"\n[oidc.roles]\na = "nurse"', "oidc"),
        ('[oidc]\nissuer = "https://x"\nclient_id = "y"', "oidc"),
        (ldap("ldap://dc1.h"), "ldap"),
        (ldap("http://dc1.h"), "ldap"),
        (ldap(group="nurses"), "ldap"),
        (ldap(more='bind_dn = "cn=x"'), "ldap"),
        (ldap(more='name = "Ä"'), "ldap.name"),
        (ldap(more='account_attribute = "uid)(x=*"'), "ldap.account_attribute"),
        ("[launch]\nvalid_seconds = 301", "launch.valid_seconds"),
        ('[launch]\nhome = "//evil.example"', "launch.home"),
        ('[web]\npublic_url = "https://x/y"', "web.public_url"),
        ('[web]\npublic_url = "https://*.x"', "web.public_url"),
    ],
)
def test_what_is_not_safe_or_not_whole_is_refused(tmp_path: Path, text: str, field: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(tmp_path, text)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "text",
    [
        ldap("ldap://dc1.h", more="start_tls = true"),
        ldap("ldap://127.0.0.1:10389"),
        '[web]\npublic_url = "https://suwen.hospital.example:8443"',
    ],
)
def test_what_is_safe_is_taken(tmp_path: Path, text: str) -> None:
    read(tmp_path, text)
