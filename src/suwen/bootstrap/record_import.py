"""Importing FHIR records into a site: every unit whole or refused, nothing half."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.demonstration_site import retire_demonstration_accounts
from suwen.bootstrap.platform import Platform
from suwen.core.errors import SuwenError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.integration.fhir.reading import RefusedUnit, Unit, read_units, unit_files
from suwen.integration.fhir.stored import stored_resources
from suwen.storage.record_import import IMPORTED, SYNTHETIC


@dataclass(frozen=True, slots=True)
class Refusal:
    """A unit that was refused whole, and the path of the first fault in it."""

    unit: str
    code: str
    reason: Bilingual
    path: str


@dataclass
class ImportReport:
    """What an import did, over all units."""

    units: int = 0
    read: int = 0
    stored: int = 0
    unchanged: int = 0
    by_type: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)


async def import_records(
    platform: Platform, path: Path, acting: Principal, *, synthetic: bool
) -> ImportReport:
    """Imports every unit at a path; a damaged one is refused and the others go on.

    Args:
        synthetic: whether the data are invented; anything else counts as real, and then the
            demonstration accounts are taken out of use first.

    Raises:
        InputError: ``file_not_found``, ``no_fhir_file``.
        UnavailableError: when the database does not take it; units reported before are stored.
    """
    files = unit_files(path)
    if not synthetic:
        await retire_demonstration_accounts(platform)
    report = ImportReport()
    async with audited(platform.audit, act_of(acting, "record.import", files=len(files))) as said:
        try:
            for file in files:
                for unit in await asyncio.to_thread(_units, file):
                    await _import_unit(platform, unit, report, synthetic=synthetic)
        finally:
            said.update(stored=report.stored, refused=len(report.refused), units=report.units)
    return report


def _units(file: Path) -> list[Unit | RefusedUnit]:
    return list(read_units(file))


async def _import_unit(
    platform: Platform, unit: Unit | RefusedUnit, report: ImportReport, *, synthetic: bool
) -> None:
    report.units += 1
    if isinstance(unit, RefusedUnit):
        error: SuwenError = unit.error
        report.refused.append(_refusal(unit.name, error))
        return
    origin = SYNTHETIC if synthetic else IMPORTED
    try:
        resources = stored_resources(unit.resources, origin)
        counts = await platform.records.import_unit(resources)
    except SuwenError as error:
        if error.retryable:
            raise
        report.refused.append(_refusal(unit.name, error))
        return
    report.read += len(resources)
    report.stored += counts.stored + counts.replaced
    report.unchanged += counts.unchanged
    report.by_type.update(resource.type for resource in resources)


def _refusal(unit: str, error: SuwenError) -> Refusal:
    return Refusal(unit, error.code, error.safe_message, error.field or "")
