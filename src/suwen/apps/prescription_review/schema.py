"""What the application is asked: strict, drives the API and the batch form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from suwen.appkit import Bilingual, InputError, Language
from suwen.clinical.prescription_review import Prescription, read_prescription
from suwen.core.plain_text import require_plain

_DEEPEST: Final = 12
_GREATEST: Final = Decimal(10) ** 15


class PrescriberForm(BaseModel):
    """The rights of whoever prescribes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    antibacterial_level: Literal[1, 2, 3] | None = None


class RecordForm(BaseModel):
    """A prescription out of a record, with what a record does not say.

    Attributes:
        encounter_id: only orders of this encounter.
        orders: exactly these, by ``MedicationRequest/id``, whatever their status.
        setting: where the encounter does not say it.
        at: the moment to review for, with a zone; the newest order's by default.
        retrospective: whether ``at`` is past: what ran then is taken, not what runs now.
        detail: whether the result says what was reviewed, and what could be given instead.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    encounter_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    orders: Annotated[tuple[str, ...], Field(strict=False, min_length=1, max_length=200)] | None = (
        None
    )
    setting: Literal["outpatient", "emergency", "inpatient"] | None = None
    prescriber: PrescriberForm | None = None
    at: Annotated[AwareDatetime, Field(strict=False)] | None = None
    language: Annotated[Language, Field(strict=False)] | None = None
    retrospective: bool = False
    detail: bool = False


class BundleForm(RecordForm):
    """A prescription as an R4 Bundle."""

    bundle: dict[str, Any] = Field(repr=False)


class PatientForm(RecordForm):
    """A prescription in the record store."""

    patient_id: Annotated[str, Field(min_length=1, max_length=64)]


@dataclass(frozen=True, slots=True)
class PrescriptionReviewRequest:
    """A prescription that is handed in, or the record that holds one; exactly one is set.

    Attributes:
        detail: whether the result says what was reviewed, and what could be given instead.
    """

    language: Language
    prescription: Prescription | None = field(default=None, repr=False)
    record: BundleForm | PatientForm | None = None
    detail: bool = False

    @property
    def at(self) -> datetime | None:
        """The moment to review for, where the request says it."""
        return self.record.at if self.record is not None else None


def parse_request(request: Mapping[str, Any]) -> PrescriptionReviewRequest:
    """The request, checked.

    Raises:
        InputError: ``request_invalid`` or ``text_not_storable`` with the field at fault; its
            value is not repeated.
    """
    if "bundle" in request or "patient_id" in request:
        form = _record_form(request)
        return PrescriptionReviewRequest(
            form.language or Language.ZH, record=form, detail=form.detail
        )
    require_plain(request)
    body = {name: _bounded(value, name, 1) for name, value in request.items()}
    detail = body.pop("detail", False)
    if not isinstance(detail, bool):
        raise refused("detail", "须为 true 或 false。", "It must be true or false.")
    language = _language(body)
    return PrescriptionReviewRequest(language, prescription=read_prescription(body), detail=detail)


def _record_form(request: Mapping[str, Any]) -> BundleForm | PatientForm:
    kind = BundleForm if "bundle" in request else PatientForm
    try:
        return kind.model_validate(dict(request))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    path = ".".join(str(part) for part in first["loc"])[:80]
    zh, en = _REASONS.get(first["type"], ("格式不符合约定。", "Not of the agreed form."))
    raise refused(path, zh, en)


def _language(body: Mapping[str, Any]) -> Language:
    """Of the reader; where it is not said, that of the first medicine's name."""
    said = body.get("language")
    if said is not None:
        if said not in tuple(Language):
            raise refused("language", "须为 zh 或 en。", "It must be zh or en.")
        return Language(said)
    orders = body.get("orders")
    first = orders[0] if isinstance(orders, list) and orders else None
    drug = first.get("drug") if isinstance(first, dict) else None
    latin = isinstance(drug, str) and drug.isascii() and bool(drug.strip())
    return Language.EN if latin else Language.ZH


def _bounded(value: Any, path: str, depth: int) -> Any:
    """The same data with plain numbers; refuses what no prescription holds."""
    if depth > _DEEPEST:
        raise refused(path[:80], "嵌套过深。", "It is nested too deeply.")
    if isinstance(value, dict):
        return {name: _bounded(v, f"{path}.{name}"[:120], depth + 1) for name, v in value.items()}
    if isinstance(value, list):
        return [_bounded(v, f"{path}[{i}]"[:120], depth + 1) for i, v in enumerate(value)]
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return value
    number = Decimal(value)
    if not number.is_finite() or abs(number) > _GREATEST:
        raise refused(path[:80], "数值过大或不是数。", "The number is too great or is none.")
    return float(number)


def refused(path: str, zh: str, en: str) -> InputError:
    """The refusal of a request for one of its fields."""
    return InputError(
        "request_invalid", Bilingual(zh=f"{path}：{zh}", en=f"{path}: {en}"), field=path
    )


_REASONS: dict[str, tuple[str, str]] = {
    "missing": ("缺少此项。", "It is missing."),
    "extra_forbidden": ("没有此字段。", "There is no such field."),
    "literal_error": ("不是约定的取值。", "Not one of the agreed values."),
    "enum": ("须为 zh 或 en。", "It must be zh or en."),
    "dict_type": ("须为对象。", "It must be an object."),
    "timezone_aware": ("时间必须带时区。", "The time needs a zone."),
    "datetime_parsing": ("不是有效的日期时间。", "Not a valid date and time."),
    "datetime_from_date_parsing": ("须为带时区的日期时间。", "A date and time with a zone."),
}
