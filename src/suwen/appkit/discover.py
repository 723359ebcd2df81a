"""Finds the installed applications by their manifests; the only import by name besides bootstrap.

Adding an application adds one folder under ``suwen.apps`` and edits no other file.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping
from pathlib import Path

from suwen.appkit.manifest import FILE, load_manifest
from suwen.core.application import InstalledApplication
from suwen.core.errors import ConfigurationError, NotFoundError, SuwenError
from suwen.core.identity import AppId
from suwen.core.language import Bilingual

_PARTS_OF_APPLICATION = ("parse", "plan", "core", "ask", "merge", "output")
# What does not decide how a run goes is not part of the Release.
_NOT_RELEASED = ("tests", "evaluation", "README.md", "__pycache__")


def roots() -> tuple[str, ...]:
    """The folders of the package ``suwen.apps``, imported by name: it is a layer above."""
    return tuple(importlib.import_module("suwen.apps").__path__)


def application_folders() -> list[Path]:
    """Folders under ``suwen.apps`` that hold a manifest, by name."""
    folders = [
        folder for root in roots() for folder in Path(root).iterdir() if (folder / FILE).is_file()
    ]
    return sorted(folders, key=lambda folder: folder.name)


def discover() -> dict[AppId, InstalledApplication]:
    """Every installed application by its id.

    Raises:
        ConfigurationError: ``application_broken`` with its name, or as ``load_manifest``: a
            platform does not start with an application that it cannot trust.
    """
    found: dict[AppId, InstalledApplication] = {}
    for folder in application_folders():
        installed = load_application(folder)
        if installed.manifest.id in found:
            raise _broken(folder.name, "存在两份", "it is there twice")
        found[installed.manifest.id] = installed
    return found


def installed_folder(app: str) -> Path:
    """The folder of an installed application.

    Raises:
        NotFoundError: ``no_such_application``, naming those that there are.
    """
    installed = discover()
    found = installed.get(AppId(app))
    if found is None:
        known = ", ".join(sorted(installed))
        raise NotFoundError(
            "no_such_application",
            Bilingual(
                zh=f"没有应用 {app}。现有：{known}。",
                en=f"There is no application {app}. Installed: {known}.",
            ),
            field="app",
        )
    return found.folder


def load_application(folder: Path) -> InstalledApplication:
    """The application of a folder under ``suwen.apps``; raises as ``discover``."""
    manifest = load_manifest(folder / FILE)
    if manifest.id != folder.name:
        raise _broken(folder.name, "清单的 id 与文件夹名不同", "its id is not its folder's name")
    try:
        module = importlib.import_module(f"suwen.apps.{folder.name}.app")
    except SuwenError as error:
        message = error.safe_message
        raise _broken(folder.name, message.zh, message.en) from error
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise _broken(folder.name, f"无法载入（{what}）", f"it does not load ({what})") from error
    application = getattr(module, "APP", None)
    missing = [
        name for name in _PARTS_OF_APPLICATION if not callable(getattr(application, name, 0))
    ]
    if application is None or missing:
        names = ", ".join(missing) if application is not None else "APP"
        raise _broken(folder.name, f"app.py 缺少 {names}", f"app.py lacks {names}")
    return InstalledApplication(manifest, application, folder, hashed_parts(folder))


def hashed_parts(folder: Path) -> Mapping[str, str]:
    """SHA-256 of each part of a folder that decides how a run goes.

    Returns:
        ``manifest``, ``prompts``, ``rules`` and ``tables`` (each a file or a folder of that
        name), ``change_plan``, and ``code`` (every other file: code, schemas).
    """
    names = ("manifest", "prompts", "rules", "tables", "change_plan", "code")
    parts: dict[str, list[Path]] = {name: [] for name in names}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        first = relative.parts[0]
        if not path.is_file() or "__pycache__" in relative.parts or first in _NOT_RELEASED:
            continue
        name = first.removesuffix(".py").removesuffix(".toml")
        parts[name if name in parts else "code"].append(path)
    return {name: _hash(folder, paths) for name, paths in parts.items()}


def _hash(folder: Path, paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _broken(app: str, zh: str, en: str) -> ConfigurationError:
    return ConfigurationError(
        "application_broken",
        Bilingual(zh=f"应用 {app}：{zh}。", en=f"Application {app}: {en}."),
        detail={"app": app},
    )
