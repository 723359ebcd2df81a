"""Scripts and styles under names of their content, importing each other by those names."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from suwen.web.static_files import StaticFiles
from tests.support.web_site import WebSite

ROOT = Path(str(files("suwen.web") / "static"))
SCRIPTS = sorted((ROOT / "el").glob("*.js"))


def test_a_file_is_cached_for_ever_under_its_hashed_name_only(web: WebSite) -> None:
    address = StaticFiles().url("base.css")
    answer = web.stranger().get(address)
    assert answer.status == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")
    assert web.stranger().get("/static/base.css").status == 404
    assert web.stranger().get("/static/../app.py").status == 404


def test_every_import_leads_to_a_served_file(web: WebSite) -> None:
    assets = StaticFiles()
    for script in SCRIPTS:
        answer = web.stranger().get(assets.url(f"el/{script.name}"))
        for target in re.findall(r'from "(\./[^"]+)"', answer.text):
            assert re.fullmatch(r"\./[a-z-]+\.[0-9a-f]{12}\.js", target)
            assert web.stranger().get(f"/static/el/{target[2:]}").status == 200


def test_scripts_are_checked_and_leave_nothing_global() -> None:
    assert len(SCRIPTS) >= 10
    for script in SCRIPTS:
        text = script.read_text(encoding="utf-8")
        assert text.startswith("// @ts-check\n"), script.name
        assert not re.search(r"\bwindow\.[a-z]\w* = ", text), script.name
        assert "eval(" not in text
        assert len(re.findall(r"customElements\.define", text)) <= 1, script.name


def test_every_class_of_ours_has_the_prefix() -> None:
    for style in ROOT.glob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", style.read_text(encoding="utf-8"), flags=re.S)
        for name in re.findall(r"\.([a-z][\w-]*)", re.sub(r"\{[^}]*\}", "{}", text)):
            assert name.startswith("sw-"), (style.name, name)
