"""Whether an application's folder keeps to the contract: complete, typed, sourced, pure."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from suwen.appkit.discover import load_application
from suwen.appkit.manifest import FILE, load_manifest
from suwen.appkit.prompts import load_prompts
from suwen.appkit.purity import impurities, sources_missing, strict_models
from suwen.core.errors import SuwenError
from suwen.core.language import Bilingual, Language

_README_SECTIONS = {
    "intended use": ("intended use", "预期用途"),
    "not for": ("not for", "不用于"),
    "data read": ("data read", "读取的数据", "读取数据"),
    "who signs": ("who signs", "谁签署", "签署"),
    "known failures": ("known failures", "已知不足", "已知失败"),
    "hazards": ("hazards", "危害", "风险"),
}
_HEADING = re.compile(r"^#+\s*(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and in which file of the folder."""

    place: str
    problem: Bilingual


def check_application(folder: Path) -> list[Problem]:
    """Everything in an application's folder that does not keep to the contract; empty is good."""
    checks: tuple[Callable[[Path], Iterator[Problem]], ...] = (
        _check_manifest,
        _check_purity,
        _check_loading,
        _check_schema,
        _check_rules,
        _check_prompts,
        _check_evaluation,
        _check_tests,
        _check_readme,
    )
    return [problem for check in checks for problem in check(folder)]


def _check_manifest(folder: Path) -> Iterator[Problem]:
    try:
        manifest = load_manifest(folder / FILE)
    except SuwenError as error:
        yield Problem(FILE, error.safe_message)
        return
    if manifest.id != folder.name:
        yield _problem(FILE, "id 与文件夹名不同", "the id is not the folder's name")
    if "Patient" not in manifest.reads and manifest.reads:
        yield _problem(FILE, "reads 缺少 Patient", "reads lacks Patient")


def _check_purity(folder: Path) -> Iterator[Problem]:
    for path in _code(folder):
        for line, what in impurities(path, folder.name):
            yield _problem(
                f"{path.relative_to(folder)}:{line}",
                f"应用不得使用 {what}（不做输入输出，只引用 appkit、clinical、language、core）",
                f"an application must not use {what}: it does no input or output, and imports "
                "appkit, clinical, language and core only",
            )


def _check_loading(folder: Path) -> Iterator[Problem]:
    try:
        load_application(folder)
    except SuwenError as error:
        yield Problem("app.py", error.safe_message)


def _check_schema(folder: Path) -> Iterator[Problem]:
    path = folder / "schema.py"
    if not path.is_file():
        yield _problem("schema.py", "文件缺失", "it is missing")
        return
    loose = [name for name, strict in strict_models(path) if not strict]
    if not list(strict_models(path)):
        yield _problem("schema.py", "没有请求模型", "it has no model of the request")
    for name in loose:
        yield _problem(
            "schema.py",
            f'{name} 必须设 extra="forbid"',
            f'{name} must have extra="forbid" in its model_config',
        )


def _check_rules(folder: Path) -> Iterator[Problem]:
    if not (folder / "rules.py").is_file():
        yield _problem("rules.py", "文件缺失", "it is missing")
    for path in _code(folder):
        for line in sources_missing(path):
            yield _problem(
                f"{path.relative_to(folder)}:{line}",
                "规则没有出处（Source 须有标题与版本）",
                "a rule without a source: Source needs a title and an edition",
            )


def _check_prompts(folder: Path) -> Iterator[Problem]:
    try:
        prompts = load_prompts(folder)
        profile = load_manifest(folder / FILE).model_profile
    except SuwenError as error:
        yield Problem("prompts", error.safe_message)
        return
    names = {name for name, _language in prompts} | ({"system"} if profile else set())
    for name in sorted(names):
        for language in Language:
            if (name, language) not in prompts:
                place = f"prompts/{name}.{language.value}.md"
                yield _problem(place, "文件缺失", "it is missing")


def _check_evaluation(folder: Path) -> Iterator[Problem]:
    place = folder / "evaluation"
    for name in ("suite.toml", "cases.jsonl", "README.md"):
        if not (place / name).is_file():
            yield _problem(f"evaluation/{name}", "文件缺失", "it is missing")
    yield from _check_suite(place / "suite.toml")
    yield from _check_cases(place / "cases.jsonl")


def _check_suite(path: Path) -> Iterator[Problem]:
    if not path.is_file():
        return
    try:
        suite = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        yield _problem("evaluation/suite.toml", f"不是有效的 TOML（{error}）", str(error))
        return
    if not _numbers(suite):
        yield _problem("evaluation/suite.toml", "没有门槛数值", "it states no threshold")


def _check_cases(path: Path) -> Iterator[Problem]:
    if not path.is_file():
        return
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not lines:
        yield _problem("evaluation/cases.jsonl", "没有用例", "it has no case")
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        try:
            case = json.loads(line)
        except ValueError:
            case = None
        identifier = case.get("id") if isinstance(case, dict) else None
        if not isinstance(identifier, str) or identifier in seen:
            yield _problem(
                f"evaluation/cases.jsonl:{number}",
                "每行须是带唯一 id 的 JSON 对象",
                "each line is a JSON object with an id of its own",
            )
        else:
            seen.add(identifier)


def _check_tests(folder: Path) -> Iterator[Problem]:
    if not list((folder / "tests").glob("test_*.py")):
        yield _problem("tests", "没有测试", "there are no tests")


def _check_readme(folder: Path) -> Iterator[Problem]:
    path = folder / "README.md"
    if not path.is_file():
        yield _problem("README.md", "文件缺失", "it is missing")
        return
    headings = [h.lower() for h in _HEADING.findall(path.read_text(encoding="utf-8"))]
    for name, wordings in _README_SECTIONS.items():
        if not any(wording in heading for heading in headings for wording in wordings):
            yield _problem("README.md", f"缺少章节：{wordings[1]}", f"it lacks the section: {name}")


def _code(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*.py"))
        if path.relative_to(folder).parts[0] not in ("tests", "evaluation")
    ]


def _numbers(value: object) -> bool:
    if isinstance(value, dict):
        return any(_numbers(item) for item in value.values())
    if isinstance(value, list):
        return any(_numbers(item) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _problem(place: str, zh: str, en: str) -> Problem:
    return Problem(place, Bilingual(zh=f"{zh}。", en=f"{en}."))
