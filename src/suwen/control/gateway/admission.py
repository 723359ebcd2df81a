"""Whether a run may begin: the application, what it plans to read, and the patient."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from suwen.control.access.decision import Action, PatientTarget, RecordOrigin
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.patient_access import admitted_patient, find_patient
from suwen.control.gateway.reliance import asks_view
from suwen.control.gateway.run_state import Run
from suwen.control.governance.first_opinion import check_opinion, opinion_wanted
from suwen.core.application import InstalledApplication, Plan
from suwen.core.errors import GovernanceError, InputError, NotFoundError
from suwen.core.identity import AppId
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest
from suwen.integration.fhir.bundle import read_resources


def find_application(
    applications: Mapping[AppId, InstalledApplication], app: AppId
) -> InstalledApplication:
    """The installed application of that name.

    Raises:
        NotFoundError: ``application_not_found``.
    """
    installed = applications.get(app)
    if installed is None:
        raise NotFoundError(
            "application_not_found",
            Bilingual(zh="没有安装此应用。", en="No such application is installed."),
            field="app",
        )
    return installed


def check_plan(plan: Plan, manifest: Manifest) -> None:
    """Holds a plan against what the manifest declares.

    Raises:
        GovernanceError: ``undeclared_read`` or ``undeclared_collection``: a defect of the
            application, which is not given what it did not declare.
    """
    if plan.read is not None:
        undeclared = set(plan.read.resource_types) - set(manifest.reads)
        if undeclared:
            raise _undeclared("undeclared_read", ", ".join(sorted(undeclared)))
        if (plan.read.patient_id is None) == (plan.read.bundle is None):
            raise InputError(
                "patient_or_bundle",
                Bilingual(
                    zh="请提供 patient_id 或 bundle，二者只能选一。",
                    en="Give either patient_id or bundle, and not both.",
                ),
                field="patient_id",
            )
    collections = {query.collection for query in plan.queries}
    undeclared = {name for name in collections if not manifest.names_collection(name)}
    if undeclared:
        raise _undeclared("undeclared_collection", ", ".join(sorted(undeclared)))


async def admit_user(run: Run, parts: GatewayParts) -> None:
    """Lets a person pass who was trained, and who wrote their own view where it comes first.

    Raises:
        GovernanceError: ``training_missing`` and the like.
        PreconditionError: ``first_opinion_needed``.
        InputError: ``first_opinion_too_short``, ``field_too_long``.
    """
    manifest = run.admitted.manifest
    guard = parts.reliance or parts.trained
    if guard is not None:
        await guard.require_trained(run.principal, manifest)
    if not asks_view(run.principal, manifest):
        return
    if parts.reliance is None or not run.principal.is_person or run.options.first_opinion is None:
        raise opinion_wanted(manifest)
    check_opinion(run.options.first_opinion)


async def keep_view(run: Run, parts: GatewayParts) -> None:
    """Keeps the view that came with a run under the number that its draft will have."""
    opinion = run.options.first_opinion
    if opinion is None or parts.reliance is None:
        return
    if asks_view(run.principal, run.admitted.manifest):
        await parts.reliance.keep_view(
            run.principal, run.content_id, run.app, run.admitted_release, run.patient, opinion
        )


async def admit_patient(run: Run, parts: GatewayParts) -> None:
    """Finds out whom the run is about, and lets it pass when the policies allow it.

    A record that comes with the request is the business of whoever brings it. To be kept as a
    draft under the name of a patient whom the record store knows, it needs what reading that
    patient's record needs.

    Raises:
        AccessError, InputError, NotFoundError: as the policies and the record say.
    """
    read = run.admitted_plan.read
    if read is None:
        return
    now = parts.clock.now()
    if read.patient_id is not None:
        run.patient = read.patient_id
        target = await admitted_patient(
            parts.records, parts.access, run.principal, read.patient_id, now
        )
    else:
        run.given = await asyncio.to_thread(read_resources, read.bundle)
        run.patient = _patient_of(run)
        target = PatientTarget(run.patient, RecordOrigin.REQUEST, care=False)
        if run.options.store:
            known = await find_patient(parts.records, run.principal, run.patient, now)
            if known is not None:
                parts.access.require(run.principal, Action.READ_RECORD, known)
        parts.access.require(run.principal, Action.READ_RECORD, target)
    run.origin = target.origin


def _patient_of(run: Run) -> str:
    patients = [r["id"] for r in run.given if r["resourceType"] == "Patient"]
    if len(patients) != 1:
        raise InputError(
            "no_patient" if not patients else "several_patients",
            Bilingual(
                zh=f"bundle 必须恰好包含一名患者，现有 {len(patients)} 名。",
                en=f"The bundle must hold exactly one patient; it holds {len(patients)}.",
            ),
            field="bundle",
        )
    return str(patients[0])


def _undeclared(code: str, names: str) -> GovernanceError:
    return GovernanceError(
        code,
        Bilingual(
            zh="该应用试图读取其清单未声明的内容，已拒绝。请联系应用负责人。",
            en="The application tried to read what its manifest does not declare; it was refused. "
            "Tell the application's owner.",
        ),
        detail={"names": names},
    )
