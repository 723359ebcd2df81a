"""Images beside a draft: which ones, who may see them, and how they are drawn.

A draft's reader who may read the patient's record sees the images that a radiologist selected,
else one of each series of the latest studies. Each one shown is audited before it is shown.
Files are drawn in a process of their own and the pictures kept in memory only.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from suwen.bootstrap.drawing_process import AT_ONCE, LONGEST_S, KeptPictures, drawn_apart
from suwen.bootstrap.platform import Platform
from suwen.control.access.decision import RecordOrigin
from suwen.control.gateway.patient_access import admitted_patient
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.data_class import IDENTIFIABLE, class_of_item
from suwen.core.draft import DraftRecord
from suwen.core.errors import AccessError, IntegrationError, NotFoundError
from suwen.core.identity import DraftId, Principal
from suwen.core.language import Bilingual
from suwen.integration.dicom.compressions import not_drawn
from suwen.integration.dicom.drawing_outcomes import NO_DECODER, NOTHING_TO_DRAW
from suwen.integration.dicom.sop_classes import KEY_OBJECT_SELECTION
from suwen.storage.imaging import ImagingStore, StoredInstance, Study, no_such_image
from suwen.storage.imaging_files import ImagingFiles, imaging_cipher
from suwen.storage.patient_links import PatientLinkStore

THUMBNAIL: Final = 220
FULL: Final = 1400
MOST_IMAGES: Final = 8
_MOST_STUDIES: Final = 3
#: Key object selections that say that images are not to be used. Source: DICOM PS3.16 CID 7010.
_REJECTIONS: Final = frozenset({"113001", "113037", "113038", "113039"})


@dataclass(frozen=True, slots=True)
class KeyImage:
    """One image of the strip.

    Attributes:
        selected: whether a person selected it; else it stands for its series.
        started: when its study started, as FHIR writes it.
        not_drawn: its compression, where that cannot be drawn here; ``None`` where it can.
    """

    sop_instance_uid: str
    modality: str
    description: str | None = field(repr=False)
    started: str | None
    selected: bool
    not_drawn: str | None = None


class KeyImages:
    """Shows images of a draft's patient."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = ImagingStore(platform.database)
        self._links = PatientLinkStore(platform.database)
        self._files = ImagingFiles(platform.settings.home, imaging_cipher(platform.settings.home))
        self._drawn: KeptPictures[tuple[str, int, int], bytes] = KeptPictures(len)
        self._room = asyncio.Semaphore(AT_ONCE)

    async def strip(self, principal: Principal, draft_id: DraftId) -> list[KeyImage]:
        """The images beside a draft; empty where there are none, or the reader may not see them.

        Raises:
            NotFoundError, AccessError: as for opening the draft.
        """
        draft = await self._platform.sign_off.open_draft(principal, draft_id)
        patient = _stored_patient(draft)
        if patient is None or not await self._may_read(principal, patient):
            return []
        united = sorted(await self._links.united(patient))
        found: list[KeyImage] = []
        for study in await self._store.studies_of(united, _MOST_STUDIES):
            found.extend(_chosen(study, await self._store.of_study(study.study_uid)))
        # What a person selected comes first, in the order of the studies.
        return sorted(found, key=lambda image: not image.selected)[:MOST_IMAGES]

    async def image(
        self, principal: Principal, draft_id: DraftId, sop_instance_uid: str, width: int
    ) -> tuple[str, bytes]:
        """The digest of an image's file and the image as PNG, audited before it is handed out.

        Raises:
            NotFoundError: ``no_such_image`` also where it is another patient's.
            AccessError: when the reader may not read the record.
            IntegrationError: ``image_not_drawable``.
        """
        draft = await self._platform.sign_off.open_draft(principal, draft_id)
        patient = _stored_patient(draft)
        instance = await self._store.instance(sop_instance_uid)
        study = await self._store.study(instance.study_uid)
        if patient is None or study is None or study.patient is None:
            raise no_such_image()
        if study.patient not in await self._links.united(patient):
            raise no_such_image()
        parts = self._platform.parts
        await admitted_patient(parts.records, parts.access, principal, patient, parts.clock.now())
        await self._platform.audit.append(_entry(principal, draft, instance))
        return instance.digest, await self._picture(instance, study, width)

    async def _may_read(self, principal: Principal, patient: str) -> bool:
        parts = self._platform.parts
        try:
            await admitted_patient(
                parts.records, parts.access, principal, patient, parts.clock.now()
            )
        except (AccessError, NotFoundError):
            return False
        return True

    async def _picture(self, instance: StoredInstance, study: Study, width: int) -> bytes:
        frames = instance.header.get("frames") or 1
        key = (instance.digest, frames // 2, width)
        async with self._room:
            known = self._drawn.known(key)
            if known is not None:
                return known
            keys = await self._store.study_keys(study.study_uid)
            content = await asyncio.to_thread(self._files.read, instance.digest, keys)
            png = await draw(content, key[1], width)
        self._drawn.keep(key, png, await self._class_of(study))
        return png

    async def _class_of(self, study: Study) -> int:
        """The data class of a study, by what the record says of it."""
        kept = None
        if study.resource is not None:
            kept = await self._platform.records.read_resource("ImagingStudy", study.resource)
        return class_of_item(kept) if kept is not None else IDENTIFIABLE


async def draw(content: bytes, frame: int, width: int) -> bytes:
    """A frame of a DICOM file as PNG, drawn in a process of its own.

    Raises:
        IntegrationError: ``image_not_drawable`` with the reason.
    """
    wanted = {"frame": frame, "width": width}
    try:
        status, png = await drawn_apart(
            "suwen.integration.dicom.drawing", wanted, content, LONGEST_S
        )
    except TimeoutError:
        raise _not_drawable("too_long") from None
    if status == NOTHING_TO_DRAW:
        raise _not_drawable("no_pixels")
    if status == NO_DECODER:
        raise _not_drawable("no_decoder")
    if status != 0 or not png:
        raise _not_drawable("unreadable")
    return png


def _stored_patient(draft: DraftRecord) -> str | None:
    """The patient of the record store whom a draft is about.

    A record that came with its request has ids of its own, which may be another's here.
    """
    stated = draft.content.get("origin")
    if stated is None or RecordOrigin(stated) is RecordOrigin.REQUEST:
        return None
    return draft.patient


def _chosen(study: Study, instances: Sequence[StoredInstance]) -> list[KeyImage]:
    """Images that a person selected, else the middle one of each series; never rejected ones."""
    by_uid = {one.sop_instance_uid: one for one in instances}
    selected: dict[str, None] = {}
    rejected: set[str] = set()
    for document in instances:
        if document.sop_class_uid != KEY_OBJECT_SELECTION:
            continue
        references = document.header.get("references", [])
        if _REJECTIONS & set(document.header.get("document_codes", [])):
            rejected.update(references)
        else:
            selected.update(dict.fromkeys(references))
    wanted = [by_uid[uid] for uid in selected if uid in by_uid and uid not in rejected]
    shown = [one for one in wanted if one.header.get("pixels")]
    if shown:
        return [_shown(study, one, selected=True) for one in shown]
    series: dict[str, list[StoredInstance]] = defaultdict(list)
    for one in instances:
        if one.header.get("pixels") and one.sop_instance_uid not in rejected:
            series[one.series_uid].append(one)
    return [_shown(study, _middle(images), selected=False) for images in series.values()]


def _middle(images: list[StoredInstance]) -> StoredInstance:
    ordered = sorted(images, key=lambda one: one.header.get("instance_number") or 0)
    return ordered[len(ordered) // 2]


def _shown(study: Study, one: StoredInstance, *, selected: bool) -> KeyImage:
    return KeyImage(
        sop_instance_uid=one.sop_instance_uid,
        modality=str(one.header["modality"]),
        description=one.header.get("series_description") or one.header.get("study_description"),
        started=study.started,
        selected=selected,
        not_drawn=not_drawn(one.transfer_syntax_uid),
    )


def _entry(principal: Principal, draft: DraftRecord, instance: StoredInstance) -> AuditEntry:
    return AuditEntry(
        action="image.read",
        actor=principal.id,
        channel=principal.channel.value,
        outcome=AuditOutcome.DONE,
        subject=f"Draft/{draft.id}",
        patient=draft.patient,
        app=draft.app,
        trace=draft.trace,
        purpose=principal.purpose.value,
        detail={"sop_instance_uid": instance.sop_instance_uid, "digest": instance.digest},
    )


def _not_drawable(reason: str) -> IntegrationError:
    messages = {
        "no_decoder": Bilingual(
            zh="本机没有这种压缩格式的解码器，图像无法显示；请在 PACS 中查看。",
            en="There is no decoder for this compression here: look at the image in the PACS.",
        ),
        "no_pixels": Bilingual(zh="该对象没有可显示的图像。", en="The object has no image."),
    }
    other = Bilingual(
        zh="图像无法显示；请在 PACS 中查看。", en="It cannot be drawn: look at it in the PACS."
    )
    return IntegrationError(
        "image_not_drawable", messages.get(reason, other), detail={"reason": reason}
    )
