"""A hospital's own changes of an application's tables: a file beside the settings, a Release."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from suwen.core.application import Application, InstalledApplication
from suwen.core.errors import ConfigurationError
from suwen.core.identity import AppId
from suwen.core.language import Bilingual

FOLDER = "rules"
PART = "hospital_rules"


@runtime_checkable
class TakesHospitalRules(Protocol):
    """An application whose tables a hospital may change."""

    def with_hospital_rules(self, changes: Mapping[str, Any]) -> Application[Any]:
        """The same application with the changes; raises ``ConfigurationError``."""


def with_hospital_rules(
    installed: Mapping[AppId, InstalledApplication], home: Path
) -> dict[AppId, InstalledApplication]:
    """The applications with the changes of ``rules/APP.toml`` of the state directory.

    The file is a part of the application's Release: another file is another Release.

    Raises:
        ConfigurationError: ``hospital_rules_malformed``, ``hospital_rules_not_taken``,
            ``hospital_rules_invalid``: a platform does not start with rules that nobody meant.
    """
    return {app: _with_file(one, home / FOLDER / f"{app}.toml") for app, one in installed.items()}


def _with_file(installed: InstalledApplication, file: Path) -> InstalledApplication:
    if not file.is_file():
        return installed
    content = file.read_bytes()
    application = installed.application
    if not isinstance(application, TakesHospitalRules):
        raise _wrong("hospital_rules_not_taken", file, "该应用没有可改的规则表", "it takes none")
    try:
        changes = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong("hospital_rules_malformed", file, "不是有效的 TOML", str(error)) from None
    return replace(
        installed,
        application=application.with_hospital_rules(changes),
        parts={**installed.parts, PART: hashlib.sha256(content).hexdigest()},
    )


def _wrong(code: str, file: Path, zh: str, en: str) -> ConfigurationError:
    return ConfigurationError(
        code,
        Bilingual(
            zh=f"医院规则文件 {FOLDER}/{file.name}：{zh}。",
            en=f"The hospital's rules {FOLDER}/{file.name}: {en}.",
        ),
        detail={"file": file.name},
    )
