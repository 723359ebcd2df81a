"""Every locked package is licensed so that a hospital may run it and we may ship it."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, files, metadata
from pathlib import Path

import pytest

LOCK = Path(__file__).resolve().parents[2] / "deploy" / "lock"
PERMISSIVE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|Mozilla Public License|MPL|Unlicense|"
    r"OFL|Zope|0BSD|HPND|CC0|Public Domain|zlib",
    re.IGNORECASE,
)
STRONG_COPYLEFT = re.compile(
    r"(?<!L)(?<!Lesser )(?:\bA?GPL|GNU (?:Affero )?General Public)", re.IGNORECASE
)
LESSER = re.compile(r"LGPL|Lesser General Public", re.IGNORECASE)
# Unmodified wheels of their own, linked by nothing of ours at build time.
LESSER_ALLOWED = {"psycopg", "psycopg-binary", "ldap3"}


def locked_packages() -> list[tuple[str, str]]:
    """What is shipped or tested with; what only ``make bench`` installs, where it is installed."""
    needed = {p for name in ("runtime", "development", "build") for p in _locked(name)}
    beside = {p for p in _locked("peers") if is_installed(p[0])}
    return sorted(needed | beside)


def _locked(name: str) -> list[tuple[str, str]]:
    text = (LOCK / f"{name}.txt").read_text()
    return re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text, re.M)


def is_installed(package: str) -> bool:
    """Whether the package is installed here."""
    try:
        metadata(package)
    except PackageNotFoundError:
        return False
    return True


def licence_of(package: str) -> str:
    """What the wheel's metadata says, else how the licence file inside the wheel begins."""
    data = metadata(package)
    classifiers = [c for c in data.get_all("Classifier") or [] if c.startswith("License")]
    stated = [data.get("License-Expression") or "", (data.get("License") or "")[:200], *classifiers]
    if any(stated):
        return " | ".join(stated)
    texts = [f for f in files(package) or [] if f.name.upper().startswith("LICEN")]
    return " | ".join(text.read_text()[:300] for text in texts)


@pytest.mark.parametrize(("package", "version"), locked_packages())
def test_a_locked_package_is_licensed_permissively(package: str, version: str) -> None:
    try:
        licence = licence_of(package)
    except PackageNotFoundError:
        pytest.fail(f"{package} is locked and not installed: run make setup again")
    if LESSER.search(licence):
        assert package in LESSER_ALLOWED, f"{package} {version}: {licence}"
        return
    assert not STRONG_COPYLEFT.search(licence), f"{package} {version}: {licence}"
    assert PERMISSIVE.search(licence), (
        f"{package} {version} names no licence that we know: {licence}"
    )


def test_the_lock_pins_every_package_by_hash_and_names_no_index() -> None:
    for path in LOCK.glob("*.txt"):
        text = path.read_text()
        entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)
        unhashed = [e.split()[0] for e in entries if "==" in e and "--hash=sha256:" not in e]
        assert unhashed == [], path.name
        assert "://" not in text, path.name


def test_the_test_can_tell_a_copyleft_licence() -> None:
    assert STRONG_COPYLEFT.search("GNU General Public License v3 (GPLv3)")
    assert STRONG_COPYLEFT.search("AGPL-3.0-only")
    assert not STRONG_COPYLEFT.search("GNU Lesser General Public License v3 (LGPLv3)")
