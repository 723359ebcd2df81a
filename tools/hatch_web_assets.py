"""Copies htmx out of the installed django-htmx wheel into the package: nothing is vendored."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASSETS = {"htmx-2.min.js": "htmx.min.js"}


class WebAssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the third-party scripts where the web front serves them from."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Copies each asset; fails when the wheel does not carry it."""
        spec = find_spec("django_htmx")
        if spec is None or spec.origin is None:
            raise RuntimeError("django-htmx is a build requirement and is not installed")
        source = Path(spec.origin).parent / "static" / "django_htmx"
        target = Path(self.root) / "src/suwen/web/static/vendor"
        target.mkdir(parents=True, exist_ok=True)
        for name, new_name in ASSETS.items():
            shutil.copyfile(source / name, target / new_name)
