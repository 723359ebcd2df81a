"""Adding an application adds one folder and edits no other file."""

from __future__ import annotations

import dataclasses
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import suwen.apps
from suwen.appkit.contract import check_application
from suwen.appkit.discover import discover
from suwen.appkit.scaffold import write_application
from suwen.control.gateway.run import Gateway
from suwen.control.gateway.run_types import RunOptions
from suwen.control.governance.gate import GateReason
from suwen.control.governance.releases import register_releases
from suwen.control.guardrails.grounding import build_checker
from suwen.core.errors import ConflictError, InputError
from suwen.core.identity import AppId
from tests.integration.control.conftest import Build
from tests.support.applications import NOW, endpoint, patient_resources, person

NAME = "bed_handover"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A scaffolded application on a path of its own, as one more folder of ``suwen.apps``."""
    monkeypatch.setattr(suwen.apps, "__path__", [*suwen.apps.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    yield write_application(NAME, tmp_path)
    for name in [n for n in sys.modules if n.startswith(f"suwen.apps.{NAME}")]:
        del sys.modules[name]
    if hasattr(suwen.apps, NAME):
        delattr(suwen.apps, NAME)


async def test_a_new_folder_is_found_passes_its_checks_and_runs(folder: Path, build: Build) -> None:
    assert check_application(folder) == []
    installed = {AppId(NAME): discover()[AppId(NAME)]}
    site = await build()
    await register_releases(site.parts.releases, installed.values(), NOW)
    parts = dataclasses.replace(site.parts, applications=installed, checker=build_checker)
    for request in (
        {"patient_id": "p1", "language": "en"},
        {
            "bundle": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": r} for r in patient_resources("b1")],
            },
            "language": "zh",
        },
    ):
        result = await Gateway(parts).run(
            person(), AppId(NAME), request, RunOptions(store="patient_id" in request)
        )
        (statement,) = result.output["document"]["sections"][1]["statements"]
        assert statement["supported"] is True
    assert await site.parts.drafts.list(app=AppId(NAME))


def test_its_own_tests_pass(folder: Path) -> None:
    source = Path(suwen.apps.__path__[0]).parents[1]
    script = (
        "import sys, suwen.apps, pytest;"
        f"suwen.apps.__path__.append({str(folder.parent)!r});"
        f"sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '--noconftest', "
        f"'--import-mode=importlib', '--rootdir', {str(folder)!r}, '-c', '/dev/null', "
        f"{str(folder / 'tests')!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(source), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


def test_a_changed_rule_prompt_or_manifest_is_a_changed_release(folder: Path) -> None:
    before = discover()[AppId(NAME)].parts
    for name, part in (
        ("rules.py", "rules"),
        ("prompts/system.zh.md", "prompts"),
        ("manifest.toml", "manifest"),
        ("schema.py", "code"),
    ):
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
        after = discover()[AppId(NAME)].parts
        assert {key for key in before if before[key] != after[key]} == {part}
        before = after
    (folder / "README.md").write_text("changed", encoding="utf-8")
    assert discover()[AppId(NAME)].parts == before


async def test_a_changed_release_has_no_gate(folder: Path, build: Build) -> None:
    site = await build()
    await register_releases(site.parts.releases, discover().values(), NOW)
    first = await site.parts.releases.current(AppId(NAME))
    assert first is not None
    unchanged = await register_releases(site.parts.releases, discover().values(), NOW)
    assert unchanged == []
    rules = folder / "rules.py"
    rules.write_text(rules.read_text(encoding="utf-8") + "\n# stricter\n", encoding="utf-8")
    changed = await register_releases(site.parts.releases, discover().values(), NOW)
    assert [release.app for release in changed] == [NAME]
    installed, now = discover()[AppId(NAME)], site.clock.now()
    verdicts = await site.parts.model_gate.verdicts(
        changed[0].hash, installed, [endpoint()], frozenset(), now
    )
    assert [one.reason for one in verdicts] == [GateReason.NO_SUITE]


@pytest.mark.parametrize("name", ["A", "ab", "With-Dash", "1st", "x" * 41, "../escape", "a__b"])
def test_a_bad_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        write_application(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(folder: Path) -> None:
    with pytest.raises(ConflictError):
        write_application(NAME, folder.parent)
