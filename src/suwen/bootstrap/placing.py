"""The installed applications as they run at this place: the law of the place is part of each."""

from __future__ import annotations

from dataclasses import replace

from suwen.appkit.discover import application_folders, discover
from suwen.appkit.manifest import FILE, load_manifest
from suwen.bootstrap.settings import Settings
from suwen.control.governance.risk.placing import Placement, laws_of, place
from suwen.core.application import InstalledApplication
from suwen.core.audit import content_hash
from suwen.core.errors import ConfigurationError
from suwen.core.identity import AppId
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest, Partition

PART = "partition"
"""Name of the part of a Release that says where it runs, and by which law."""


def installed_here(settings: Settings) -> dict[AppId, InstalledApplication]:
    """Every installed application, placed by the law of this hospital's place.

    Another law, or a decision of the compliance office, is another Release.

    Raises:
        ConfigurationError: ``no_such_application_to_raise`` when the settings keep an application
            in the device partition that is not installed; or as ``discover``.
    """
    found = discover()
    unknown = sorted(set(settings.device.raised) - set(found))
    if unknown:
        raise ConfigurationError(
            "no_such_application_to_raise",
            Bilingual(
                zh=f"设置 device.raised 中的应用不存在：{'、'.join(unknown)}。",
                en=f"device.raised names what is not installed: {', '.join(unknown)}.",
            ),
            field="device.raised",
        )
    return {app: _placed(one, settings) for app, one in found.items()}


def runs_in_general(app: AppId, settings: Settings) -> bool:
    """Whether an application is installed and runs in the general partition of this place.

    Only its manifest is read, for processes that run no application.
    """
    folder = next((one for one in application_folders() if one.name == app), None)
    if folder is None:
        return False
    placed = placement_here(load_manifest(folder / FILE), settings)
    return placed.partition is Partition.GENERAL


def placement_here(manifest: Manifest, settings: Settings) -> Placement:
    """Where an application runs here, and why."""
    laws = laws_of(settings.site.jurisdiction)
    return place(manifest, laws, raised=manifest.id in settings.device.raised)


def _placed(installed: InstalledApplication, settings: Settings) -> InstalledApplication:
    placed = placement_here(installed.manifest, settings)
    said = {
        "partition": placed.partition.value,
        "laws": [law.value for law in placed.laws],
        "by": placed.by.value,
    }
    return replace(
        installed,
        manifest=replace(installed.manifest, partition=placed.partition),
        parts={**installed.parts, PART: content_hash(said)},
    )
