"""Every text exists in both languages, alike in form, and every key that is used exists."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest

from suwen.core.language import Language
from suwen.web.texts import Texts, catalogue

ROOT = Path(str(files("suwen.web")))
SOURCES = [*ROOT.rglob("*.html"), *ROOT.rglob("*.py")]
STATIC_KEY = re.compile(
    r"""\b(?:t|texts)(?:\.has)?\(\s*["']([a-z_]+(?:\.[A-Za-z0-9_-]+)*)["']\s*[,)]"""
)
BEGINNING = re.compile(r"""["']([a-z_]+\.(?:[a-z_]+\.)?)["'] ~ """)
CODED = re.compile(r"""coded\(\s*["']([a-z_]+)["']""")
CALLED = re.compile(r"""texts\(request\)\(["']([a-z_.]+)["']""")
LISTED = re.compile(r"""["']((?:help|worklist)\.[a-z_]+)["']""")
FORMED = re.compile(r"""f["']([a-z_]+\.)\{""")


def used() -> tuple[set[str], set[str]]:
    """Whole keys, and beginnings of keys whose end is a code."""
    keys: set[str] = set()
    beginnings: set[str] = set()
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        keys.update(
            k for k in STATIC_KEY.findall(text) if "." in k or k in ("yes", "no", "unknown")
        )
        keys.update(CALLED.findall(text))
        keys.update(k for k in LISTED.findall(text) if not k.endswith(".html"))
        beginnings.update(BEGINNING.findall(text))
        beginnings.update(f"{name}." for name in CODED.findall(text))
        beginnings.update(FORMED.findall(text))
    return keys, beginnings


def test_both_languages_have_the_same_keys_and_places() -> None:
    zh, en = catalogue(Language.ZH), catalogue(Language.EN)
    assert zh.keys() == en.keys()
    for key in zh:
        places = [
            {name for _t, name, _f, _c in Formatter().parse(c[key]) if name} for c in (zh, en)
        ]
        assert places[0] == places[1], key


def test_every_used_key_exists() -> None:
    keys, _ = used()
    assert len(keys) > 200
    assert keys <= catalogue(Language.ZH).keys()


def test_no_text_is_left_over() -> None:
    keys, beginnings = used()
    left = {
        key
        for key in catalogue(Language.EN)
        if key not in keys and not any(key.startswith(b) for b in beginnings)
    }
    assert left == set()


def test_a_text_is_plain_wording() -> None:
    for key, text in catalogue(Language.ZH).items():
        assert text.strip(), key
        assert "!" not in text, key
        assert "！" not in text, key
        assert not re.search(r"[一-鿿][,:;?]", text), key


def test_a_missing_key_is_an_error_and_an_unknown_code_shows_itself() -> None:
    texts = Texts(Language.EN)
    with pytest.raises(KeyError):
        texts("no.such.key")
    assert texts.coded("class", "XYZ") == "XYZ"
    assert texts.coded("class", None) == "not recorded"
