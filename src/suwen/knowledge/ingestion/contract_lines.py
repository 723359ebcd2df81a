"""One line of JSON Lines or CSV: the fields of a document, each checked, none guessed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from suwen.core.identity import Role
from suwen.core.knowledge import DEFAULT_SENSITIVITY, DocumentLife, Rights
from suwen.core.language import Bilingual, Language
from suwen.knowledge.ingestion.refusals import RefusalCode

_TEXT_FIELDS = ("issuer", "grade", "study_type", "supersedes", "owner", "source")
_DATE_FIELDS = ("issued", "effective", "expires", "next_review")
FIELDS = frozenset(
    {"id", "title", "text", "language", "department", "sensitivity", "roles"}
    | set(_TEXT_FIELDS)
    | set(_DATE_FIELDS)
)
_LIMITING = ("department", "sensitivity", "roles", "expires", "supersedes")
_LONGEST_ID = 200
_LONGEST_FIELD = 2_000
_NOT_IN_TEXT = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_SEPARATORS = re.compile(r"\s*[;；|、]\s*")


class LineError(Exception):
    """Carries what is wrong with a line to where its refusal is made; never leaves ingestion."""

    def __init__(
        self, code: RefusalCode, field: str | None = None, hint: Bilingual | None = None
    ) -> None:
        super().__init__(code.value)
        self.code = code
        self.field = field
        self.hint = hint


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """The fields of a line; the text as given, but for line ends, which are LF."""

    id: str
    title: str
    text: str
    language: Language | None
    rights: Rights
    life: DocumentLife
    source: str | None


def read_line(values: Mapping[str, Any], departments: Mapping[str, str]) -> DocumentLine:
    """The document of a line.

    Args:
        values: fields by name; absent, null and empty mean the same for an optional one.
        departments: code by code and by name of the departments that are known.

    Raises:
        LineError: naming the field.
    """
    for name in values:
        _known_field(name)
    said = {name: _text(values, name, _LONGEST_FIELD) for name in _TEXT_FIELDS}
    days = {name: _day(values, name) for name in _DATE_FIELDS}
    return DocumentLine(
        id=_identifier(values),
        title=_required(values, "title", _LONGEST_FIELD, _CONTROL),
        text=_required(values, "text", None, _NOT_IN_TEXT).replace("\r\n", "\n"),
        language=_language(values),
        rights=Rights(
            departments=frozenset(departments.get(d, d) for d in _names(values, "department")),
            roles=frozenset(_role(r) for r in _names(values, "roles")),
            sensitivity=_sensitivity(values),
        ),
        life=DocumentLife(
            issuer=said["issuer"],
            grade=said["grade"],
            study_type=said["study_type"],
            issued=days["issued"],
            effective=days["effective"],
            expires=days["expires"],
            supersedes=said["supersedes"],
            owner=said["owner"],
            next_review=days["next_review"],
        ),
        source=said["source"],
    )


def _known_field(name: str) -> None:
    """A slip in the name of a field that limits something would lift the limit: it is refused.

    Any other name that is not ours is left alone.
    """
    if name in FIELDS:
        return
    close = difflib.get_close_matches(name.strip().lower(), _LIMITING, n=1, cutoff=0.76)
    if close:
        hint = Bilingual(zh=f"应为 {close[0]}。", en=f"It should be {close[0]}.")
        raise LineError(RefusalCode.FIELD_UNKNOWN, name[:60], hint)


def _wrong(field: str, zh: str, en: str) -> LineError:
    return LineError(RefusalCode.FIELD_WRONG, field, Bilingual(zh, en))


def _required(
    values: Mapping[str, Any], field: str, longest: int | None, forbidden: re.Pattern[str]
) -> str:
    value = values.get(field)
    if value is None or (isinstance(value, str) and not value.strip()):
        raise LineError(RefusalCode.FIELD_MISSING, field)
    if not isinstance(value, str):
        raise _wrong(field, "应为文字。", "It must be text.")
    if forbidden.search(value):
        raise _wrong(
            field, "含有不能保存的控制字符。", "It holds control characters that cannot be kept."
        )
    if longest is not None and len(value) > longest:
        raise _wrong(field, f"最长 {longest} 个字符。", f"It may have {longest} characters.")
    return value


def _identifier(values: Mapping[str, Any]) -> str:
    identifier = _required(values, "id", _LONGEST_ID, _CONTROL)
    if identifier != identifier.strip():
        raise _wrong("id", "首尾不得有空格。", "It must not begin or end with a space.")
    return identifier


def _text(values: Mapping[str, Any], field: str, longest: int) -> str | None:
    value = values.get(field)
    if value is None or value == "":
        return None
    return _required(values, field, longest, _CONTROL)


def _day(values: Mapping[str, Any], field: str) -> date | None:
    value = values.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}(?:$|T)", value):
        try:
            return datetime.fromisoformat(value).date()
        except ValueError:
            pass
    raise _wrong(
        field, "应为日期，例如 2026-03-01。", "It must be a whole date, for example 2026-03-01."
    )


def _language(values: Mapping[str, Any]) -> Language | None:
    value = values.get("language")
    if value is None or value == "":
        return None
    name = value.lower().split("-")[0].split("_")[0] if isinstance(value, str) else ""
    if name not in {x.value for x in Language}:
        raise _wrong("language", "应为 zh 或 en。", "It must be zh or en.")
    return Language(name)


def _sensitivity(values: Mapping[str, Any]) -> int:
    value = values.get("sensitivity")
    if value is None or value == "":
        return DEFAULT_SENSITIVITY
    if isinstance(value, str) and value in {"1", "2", "3", "4", "5"}:
        value = int(value)
    if type(value) is not int or not 1 <= value <= 5:
        raise _wrong("sensitivity", "应为 1 至 5 的整数。", "It must be a whole number, 1 to 5.")
    return value


def _names(values: Mapping[str, Any], field: str) -> list[str]:
    value = values.get(field)
    if value is None or value == "" or value == []:
        return []
    names = _SEPARATORS.split(value) if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(n, str) and n.strip() for n in names):
        raise _wrong(field, "应为文字或文字列表。", "It must be text or a list of texts.")
    if any(len(n) > _LONGEST_ID or _CONTROL.search(n) for n in names):
        raise _wrong(field, "名称过长或含控制字符。", "A name is too long or holds controls.")
    return [n.strip() for n in names]


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        listed = ", ".join(role.value for role in Role)
        raise _wrong("roles", f"可用：{listed}。", f"One of: {listed}.") from None
