"""What the application is asked: strict, drives the form, the API and the batch form."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from suwen.core.errors import InputError
from suwen.core.language import Bilingual, Language

_LATER_FORMS = ("dialogue", "document", "task")


class DocumentType(StrEnum):
    """The documents that can be written."""

    DISCHARGE_SUMMARY = "discharge_summary"
    ADMISSION_RECORD = "admission_record"
    OUTPATIENT_NOTE = "outpatient_note"

    @property
    def needs_stay(self) -> bool:
        """Whether the document is about an inpatient stay."""
        return self is not DocumentType.OUTPATIENT_NOTE


class RecordWriterRequest(BaseModel):
    """Which document to write, about whom, in which language.

    Attributes:
        patient_id: the patient in the record store, with or without ``Patient/``; exactly one of
            this and ``bundle`` is given.
        bundle: an R4 Bundle that holds the one patient's record.
        encounter_id: the stay or visit, with or without ``Encounter/``; without it the latest
            inpatient stay for inpatient documents, the latest encounter for others.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    patient_id: Annotated[str, Field(pattern=r"^(Patient/)?[A-Za-z0-9\-.]{1,64}$")] | None = None
    bundle: dict[str, Any] | None = Field(default=None, repr=False)
    encounter_id: Annotated[str, Field(pattern=r"^(Encounter/)?[A-Za-z0-9\-.]{1,64}$")] | None = (
        None
    )
    document_type: Annotated[DocumentType, Field(strict=False)]
    language: Annotated[Language, Field(strict=False)]


def parse_request(request: Mapping[str, Any]) -> RecordWriterRequest:
    """The request, checked.

    Raises:
        InputError: ``form_not_available`` for the dialogue and correction forms;
            ``request_invalid`` with the field at fault; ``patient_or_bundle`` when not exactly
            one of the two is given.
    """
    later = next((name for name in _LATER_FORMS if name in request), None)
    if later is not None:
        raise InputError(
            "form_not_available",
            Bilingual(
                zh="此请求形式（对话成文、病历纠错）尚未提供；请给出 patient_id 或 bundle。",
                en="This form of request (from a dialogue, correction) is not available; "
                "give patient_id or bundle.",
            ),
            field=later,
        )
    try:
        parsed = RecordWriterRequest.model_validate(dict(request))
    except ValidationError as error:
        raise _invalid(error) from None
    if (parsed.patient_id is None) == (parsed.bundle is None):
        raise InputError(
            "patient_or_bundle",
            Bilingual(
                zh="必须且只能给出 patient_id 与 bundle 之一。",
                en="Exactly one of patient_id and bundle must be given.",
            ),
            field="patient_id",
        )
    return parsed


def _invalid(error: ValidationError) -> InputError:
    """The first fault, by its field; the value itself is not repeated."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    path = ".".join(str(part) for part in first["loc"]) or "request"
    allowed = {
        "document_type": [item.value for item in DocumentType],
        "language": [item.value for item in Language],
    }.get(path)
    zh, en = "格式不符合约定。", "Not of the agreed form."
    if first["type"] == "missing":
        zh, en = "缺少此项。", "It is missing."
    elif first["type"] == "extra_forbidden":
        zh, en = "没有此字段。", "There is no such field."
    elif allowed:
        zh = f"必须是以下之一：{'、'.join(allowed)}。"
        en = f"Must be one of: {', '.join(allowed)}."
    return InputError(
        "request_invalid", Bilingual(zh=f"{path}：{zh}", en=f"{path}: {en}"), field=path
    )
