"""What the application is asked: strict, drives the form, the API and the batch form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from suwen.appkit import Bilingual, InputError, Language

MAX_DOCUMENTS = 2_000
MAX_TEXT = 200_000

_Text = Annotated[str, Field(max_length=MAX_TEXT, pattern=r"^[^\x00]*$")]
_Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
_Moment = Annotated[AwareDatetime, Field(strict=False)]
_Id = Annotated[str, Field(pattern=r"^(Patient/|Encounter/)?[A-Za-z0-9\-.]{1,64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PatientForm(_Strict):
    """Who the patient is; what is not known is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: _Name | None = Field(default=None, repr=False)
    sex: Literal["male", "female", "other", "unknown"] | None = None
    age_y: Annotated[float, Field(ge=0, le=150, strict=False)] | None = None
    birth_date: Annotated[date, Field(strict=False)] | None = None


class EventForm(_Strict):
    """One event with its instant, which needs a zone."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,63}$")]
    at: _Moment


class EncounterForm(_Strict):
    """The stay: the patient and what happened."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    patient: PatientForm
    events: Annotated[list[EventForm], Field(max_length=MAX_DOCUMENTS)]


class DocumentForm(_Strict):
    """One document; ``written_at`` needs a zone."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Annotated[str, Field(pattern=r"^[^\x00-\x20][^\x00-\x1f]{0,199}$")]
    document_type: _Name
    text: _Text = Field(repr=False)
    written_at: _Moment
    author_role: _Name | None = None
    signed_by: _Name | None = Field(default=None, repr=False)


class RecordQualityRequest(_Strict):
    """The documents of one stay, or where to read them.

    Attributes:
        encounter: with ``documents``: what is judged is handed in.
        bundle: an R4 Bundle of the same patient: laboratory values and allergies.
        patient_id: instead of these the patient in the record store.
        encounter_id: the stay; without it the latest inpatient stay.
        at: the moment to judge for, with a zone.
        language: of the reader of the draft; Chinese by default where the texts are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    encounter: EncounterForm | None = None
    documents: Annotated[list[DocumentForm], Field(max_length=MAX_DOCUMENTS)] | None = None
    bundle: dict[str, Any] | None = Field(default=None, repr=False)
    patient_id: _Id | None = None
    encounter_id: _Id | None = None
    at: _Moment | None = None
    language: Annotated[Language, Field(strict=False)] | None = None

    @property
    def from_store(self) -> bool:
        """Whether the record store is read."""
        return self.patient_id is not None


def parse_request(request: Mapping[str, Any]) -> RecordQualityRequest:
    """The request, checked.

    Raises:
        InputError: ``request_invalid`` with the field at fault, its value not repeated;
            ``stay_or_patient`` when it is not said once what to judge; ``document_id_twice``.
    """
    try:
        parsed = RecordQualityRequest.model_validate(dict(request))
    except ValidationError as error:
        raise _invalid(error) from None
    handed_in = parsed.encounter is not None and parsed.documents is not None
    partly = parsed.encounter is not None or parsed.documents is not None
    if parsed.from_store == partly or (partly and not handed_in):
        raise InputError(
            "stay_or_patient",
            Bilingual(
                zh="必须且只能给出 encounter 与 documents，或 patient_id。",
                en="Give encounter and documents, or patient_id, and not both.",
            ),
            field="encounter",
        )
    _refuse_twins(parsed)
    return parsed


def _refuse_twins(parsed: RecordQualityRequest) -> None:
    seen: set[str] = set()
    for number, document in enumerate(parsed.documents or ()):
        if document.id in seen:
            raise InputError(
                "document_id_twice",
                Bilingual(zh="两份文书的 id 相同。", en="Two documents have the same id."),
                field=f"documents.{number}.id",
            )
        seen.add(document.id)


def _invalid(error: ValidationError) -> InputError:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    path = ".".join(str(part) for part in first["loc"]) or "request"
    zh, en = _REASONS.get(first["type"], ("格式不符合约定。", "Not of the agreed form."))
    return InputError(
        "request_invalid", Bilingual(zh=f"{path}：{zh}", en=f"{path}: {en}"), field=path
    )


_REASONS: dict[str, tuple[str, str]] = {
    "missing": ("缺少此项。", "It is missing."),
    "extra_forbidden": ("没有此字段。", "There is no such field."),
    "timezone_aware": ("时间必须带时区。", "The time needs a zone."),
    "datetime_from_date_parsing": (
        "须为带时区的日期时间。",
        "A date and time with a zone is wanted.",
    ),
    "datetime_parsing": ("不是有效的日期时间。", "Not a valid date and time."),
    "string_too_long": ("文字过长。", "The text is too long."),
    "string_too_short": ("不能为空。", "It may not be empty."),
}
