"""Every byte counts: a change in any hashed part is another hash, and the difference names it."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from suwen.appkit.discover import discover, hashed_parts
from suwen.control.governance import content
from suwen.control.governance.changes import (
    Change,
    ChangePlan,
    PlannedChange,
    change_between,
    part_title,
    plan_of,
)
from suwen.control.governance.content import (
    GUARDRAILS,
    SHARED_RULES,
    platform_parts,
    release_hash,
)
from suwen.control.governance.model_parts import binding_id, endpoint_fingerprint, engine_parts
from suwen.control.governance.releases import release_of
from suwen.core.errors import ConfigurationError
from suwen.core.identity import AppId
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.core.release import ChangeClass
from tests.support.applications import NOW, endpoint

APP = AppId("evidence_search")
EDITIONS = {"guidelines": "a" * 64, "policies": "b" * 64}
OF_FOLDER = ("manifest.toml", "prompts", "rules.py", "tables", "change_plan.toml", "app.py")
NAMED = {
    "manifest.toml": "manifest",
    "prompts": "prompts",
    "rules.py": "rules",
    "tables": "tables",
    "change_plan.toml": "change_plan",
    "app.py": "code",
}
ENGINE = endpoint(
    weights="1" * 64, quantisation="Q4_1", served='{"id":"scripted"}', context_tokens=4096
)
OTHER_ENGINE: Mapping[str, object] = {
    "address": {"url": "http://127.0.0.1:10/v1"},
    "capabilities": {"capabilities": frozenset({"chat"})},
    "context_tokens": {"context_tokens": 4097},
    "model": {"model": "scriptee"},
    "quantisation": {"quantisation": "Q4_0"},
    "served": {"served": '{"id":"scriptee"}'},
    "weights": {"weights": "1" * 63 + "2"},
}
NO_PLAN = ChangePlan()


def flip(file: Path) -> None:
    """Changes one byte of a file, and nothing of its length."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> Change:
    assert release_hash(before) != release_hash(after)
    return change_between(before, after, NO_PLAN, device_grade=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of an application of each hashed kind."""
    copy = tmp_path / "app"
    copy.mkdir()
    for name in ("manifest.toml", "rules.py", "change_plan.toml", "app.py"):
        (copy / name).write_text(f"# {name}\n")
    for name in ("prompts", "tables"):
        (copy / name).mkdir()
        (copy / name / "one.md").write_text(f"{name}\n")
    return copy


@pytest.mark.parametrize("name", OF_FOLDER)
def test_one_byte_of_the_application_is_another_release(folder: Path, name: str) -> None:
    before = hashed_parts(folder)
    target = folder / name
    flip(target / "one.md" if target.is_dir() else target)
    change = difference(before, hashed_parts(folder))
    assert [one.part for one in change.parts] == [NAMED[name]]
    assert change.asks_for is ChangeClass.RE_APPROVE
    assert part_title(NAMED[name]).zh in change.parts[0].words.zh


def test_what_decides_nothing_is_no_part(folder: Path) -> None:
    before = hashed_parts(folder)
    for name in ("tests", "evaluation"):
        (folder / name).mkdir()
        (folder / name / "one.py").write_text("x")
    (folder / "README.md").write_text("x")
    assert hashed_parts(folder) == before


@pytest.mark.parametrize("collection", sorted(EDITIONS))
def test_another_edition_is_another_release(collection: str) -> None:
    installed = discover()[APP]
    before = release_of(installed, NOW, EDITIONS).parts
    after = release_of(installed, NOW, {**EDITIONS, collection: "c" * 64}).parts
    change = difference(before, after)
    assert [one.part for one in change.parts] == [f"knowledge:{collection}"]
    assert change.asks_for is ChangeClass.RE_EVALUATE
    assert collection in change.parts[0].words.en
    gone = {name: one for name, one in EDITIONS.items() if name != collection}
    without = release_of(installed, NOW, gone).parts
    assert difference(before, without).parts[0].words.en.startswith("Gone: ")
    assert difference(without, before).parts[0].words.en.startswith("New: ")


@pytest.mark.parametrize(
    ("part", "package"),
    [*(("shared_tables", p) for p in SHARED_RULES), *(("guardrails", p) for p in GUARDRAILS)],
)
def test_one_byte_of_what_applications_share_is_another_release(
    tmp_path: Path, part: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = {}
    for name in (*SHARED_RULES, *GUARDRAILS):
        copies[name] = tmp_path / name.rpartition(".")[2]
        copies[name].mkdir()
        (copies[name] / "rules.toml").write_text(f"# {name}\n")
    monkeypatch.setattr(content, "files", copies.__getitem__)
    before = dict(platform_parts.__wrapped__())
    flip(copies[package] / "rules.toml")
    after = dict(platform_parts.__wrapped__())
    assert [one.part for one in difference(before, after).parts] == [part]


def test_the_version_and_the_decoding_are_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(platform_parts())
    settings = content.decoding_settings()
    assert settings == {"temperature": 0.0, "seed": 0, "stop": []}
    for part, target, value in (
        ("platform", "version", lambda _name: "0.0.0"),
        ("decoding", "decoding_settings", lambda: {**settings, "temperature": 0.1}),
    ):
        with monkeypatch.context() as changed:
            changed.setattr(content, target, value)
            after = dict(platform_parts.__wrapped__())
        assert [one.part for one in difference(before, after).parts] == [part]


@pytest.mark.parametrize("part", sorted(engine_parts(ENGINE)))
def test_one_byte_of_the_engine_is_another_model_part(part: str) -> None:
    changed: dict[str, object] = dict(OTHER_ENGINE[part])  # type: ignore[call-overload]
    other = dataclasses.replace(ENGINE, **changed)
    assert endpoint_fingerprint(other) != endpoint_fingerprint(ENGINE)
    release = {"code": "1" * 64}
    assert binding_id(release, engine_parts(other)) != binding_id(release, engine_parts(ENGINE))
    change = change_between(
        {f"engine.{n}": v for n, v in engine_parts(ENGINE).items()},
        {f"engine.{n}": v for n, v in engine_parts(other).items()},
        NO_PLAN,
        device_grade=False,
    )
    assert [one.part for one in change.parts] == [f"engine.{part}"]
    light = {"address", "context_tokens"}
    wanted = ChangeClass.RE_EVALUATE if part in light else ChangeClass.RE_APPROVE
    assert change.asks_for is wanted


def test_the_release_is_in_the_name_of_the_model_part_and_the_key_is_not() -> None:
    engine = engine_parts(ENGINE)
    assert binding_id({"code": "1"}, engine) != binding_id({"code": "2"}, engine)
    renamed = dataclasses.replace(ENGINE, name="other", key="secret", ceiling=2)
    assert engine_parts(renamed) == engine
    own = Endpoint("e", "http://127.0.0.1:1/v1", "m", Partition.GENERAL, 5, frozenset(), 1)
    moved = dataclasses.replace(own, url="http://127.0.0.1:2/v1")
    assert endpoint_fingerprint(own) != endpoint_fingerprint(moved)
    embedded = [dataclasses.replace(one, embedded=True) for one in (own, moved)]
    assert endpoint_fingerprint(embedded[0]) == endpoint_fingerprint(embedded[1])


# --- the change plan -----------------------------------------------------------------------


def plan(part: str, asks_for: ChangeClass, **limits: float) -> ChangePlan:
    drop = limits.get("most_drop")
    line = PlannedChange(part, asks_for, drop, Bilingual("因", "because"))
    return ChangePlan((line,), most_changes=2)


KNOWLEDGE = ({"knowledge:g": "1", "code": "1"}, {"knowledge:g": "2", "code": "1"})


def test_a_device_keeps_nothing_without_a_plan() -> None:
    before, after = KNOWLEDGE
    loose = change_between(before, after, NO_PLAN, device_grade=False)
    strict = change_between(before, after, NO_PLAN, device_grade=True)
    assert (loose.asks_for, strict.asks_for) == (ChangeClass.RE_EVALUATE, ChangeClass.RE_APPROVE)
    nothing = change_between(before, before, NO_PLAN, device_grade=True)
    assert (nothing.asks_for, nothing.parts) == (ChangeClass.NONE, ())


@pytest.mark.parametrize("asks_for", [ChangeClass.NONE, ChangeClass.RE_EVALUATE])
def test_a_plan_says_what_may_change_and_how_often(asks_for: ChangeClass) -> None:
    before, after = KNOWLEDGE
    allowed = plan("knowledge:*", asks_for, most_drop=0.01)
    for device_grade in (False, True):
        change = change_between(before, after, allowed, device_grade=device_grade)
        assert (change.asks_for, change.most_drop) == (asks_for, 0.01)
    last = change_between(before, after, allowed, device_grade=True, changes_so_far=1)
    beyond = change_between(before, after, allowed, device_grade=True, changes_so_far=2)
    assert (last.asks_for, beyond.asks_for) == (asks_for, ChangeClass.RE_APPROVE)
    wider = {**after, "code": "2"}
    assert change_between(before, wider, allowed, device_grade=False).asks_for is (
        ChangeClass.RE_APPROVE
    )


def test_another_host_is_the_same_engine_only_where_its_weights_are_known() -> None:
    allowed = plan("engine.address", ChangeClass.NONE)
    for weights, wanted in (("1" * 64, ChangeClass.NONE), ("", ChangeClass.RE_EVALUATE)):
        change = change_between(
            {"engine.address": "a", "engine.weights": weights},
            {"engine.address": "b", "engine.weights": weights},
            allowed,
            device_grade=False,
        )
        assert change.asks_for is wanted


def test_a_changed_plan_allows_nothing() -> None:
    before, after = KNOWLEDGE
    allowed = plan("knowledge:*", ChangeClass.NONE)
    changed = change_between(
        {**before, "change_plan": "1"},
        {**after, "change_plan": "2"},
        allowed,
        device_grade=False,
    )
    assert changed.asks_for is ChangeClass.RE_APPROVE


GOOD = """most_changes = 3
[[allowed]]
part = "{part}"
asks_for = "{asks}"
{more}
[allowed.why]
zh = "因"
en = "why"
"""


def _plan_file(folder: Path, part: str, asks: str, more: str = "") -> None:
    text = GOOD.format(part=part, asks=asks, more=more)
    (folder / "change_plan.toml").write_text(text)


def test_a_plan_is_read(folder: Path) -> None:
    _plan_file(folder, "knowledge:*", "none", "most_drop = 0.02")
    read = plan_of(folder)
    assert (read.most_changes, read.allowed[0].most_drop) == (3, 0.02)
    shutil.rmtree(folder / "prompts")
    assert plan_of(folder / "nowhere") == NO_PLAN


@pytest.mark.parametrize(
    "write",
    [
        lambda f: _plan_file(f, "change_plan", "re-evaluate"),
        lambda f: _plan_file(f, "*", "re-evaluate"),
        lambda f: _plan_file(f, "manifest", "none"),
        lambda f: _plan_file(f, "engine.weights", "none"),
        lambda f: _plan_file(f, "engine.*", "none"),
        lambda f: _plan_file(f, "prompts", "none"),
        lambda f: _plan_file(f, "knowledge:*", "re-approve"),
        lambda f: _plan_file(f, "knowledge:*", "sometimes"),
        lambda f: _plan_file(f, "knowledge:*", "none", "most_drop = 1.5"),
        lambda f: (f / "change_plan.toml").write_text("most_changes = 0\n"),
        lambda f: (f / "change_plan.toml").write_text("[[allowed]]\n"),
        lambda f: (f / "change_plan.toml").write_text("no toml"),
    ],
)
def test_a_plan_that_lets_too_much_change_is_refused(
    folder: Path, write: Callable[[Path], None]
) -> None:
    write(folder)
    with pytest.raises(ConfigurationError, match="change_plan_wrong"):
        plan_of(folder)


@pytest.mark.parametrize("part", ["engine.weights", "prompts", "engine.address"])
def test_a_plan_may_let_change_what_is_measured_again(folder: Path, part: str) -> None:
    _plan_file(folder, part, "none" if part == "engine.address" else "re-evaluate")
    assert plan_of(folder).line_for(part) is not None


def test_every_installed_plan_can_be_read() -> None:
    for installed in discover().values():
        plan_of(installed.folder)


def test_hashes_are_told_beside_the_words_and_by_their_beginning() -> None:
    change = change_between({"code": "a" * 64}, {"code": "b" * 64}, NO_PLAN, device_grade=True)
    (part,) = change.parts
    assert part.words.en == "Changed: the application's code."
    assert part.hashes == ("a" * 12, "b" * 12)
    (added,) = change_between({}, {"rules:x": "c" * 64}, NO_PLAN, device_grade=True).parts
    assert added.hashes == ("", "c" * 12)
    plain = {"engine.model": "old"}, {"engine.model": "new"}
    (named,) = change_between(*plain, NO_PLAN, device_grade=True).parts
    assert "“old”" in named.words.en and "“new”" in named.words.en and named.hashes is None
