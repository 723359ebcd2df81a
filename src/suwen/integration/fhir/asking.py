"""What another system asks our read-only FHIR endpoint for: search parameters, read strictly.

A parameter that is not known is refused, never passed over: an answer to a question without one of
its conditions would say more than was asked.

Source: HL7 FHIR R4 (4.0.1), search.html.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.integration.fhir.problems import refused
from suwen.integration.fhir.shapes import parse_date_time

MOST: Final = 100
USUAL: Final = 20
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_PREFIXED: Final = re.compile(r"(?P<prefix>[a-z]{2})?(?P<value>\d.*)")
_FORMATS: Final = frozenset({"json", "application/json", "application/fhir+json", "text/json"})


@dataclass(frozen=True, slots=True)
class Searchable:
    """The search parameters of a resource type, by what they mean here.

    Attributes:
        date: its parameter for the time of signing; ``None`` where R4 has none.
        of_patient: its parameters that name the patient.
    """

    date: str | None
    of_patient: tuple[str, ...] = ("patient",)
    encounter: bool = False
    statuses: Mapping[str, bool] | None = None


_OPEN_OR_NOT: Final = {"current": False, "superseded": True}
SEARCHABLE: Final[Mapping[str, Searchable]] = {
    "Bundle": Searchable("timestamp", ()),
    "Composition": Searchable("date", ("patient", "subject"), encounter=True),
    "DocumentReference": Searchable(
        "date", ("patient", "subject"), encounter=True, statuses=_OPEN_OR_NOT
    ),
    "Provenance": Searchable("recorded"),
    "DetectedIssue": Searchable(None),
    "GuidanceResponse": Searchable(None, ("patient", "subject")),
}


@dataclass(frozen=True, slots=True)
class Ask:
    """A search that was understood; ``None`` is no condition.

    Attributes:
        before: the end of the time asked for, itself not in it.
        after: where the former page ended.
        count_only: whether only the number is wanted.
    """

    patients: frozenset[str] | None = None
    ids: frozenset[str] | None = None
    encounter: str | None = None
    superseded: bool | None = None
    since: datetime | None = None
    before: datetime | None = None
    count: int = USUAL
    after: tuple[datetime, str] | None = None
    count_only: bool = False


def read_ask(resource_type: str, pairs: Sequence[tuple[str, str]]) -> Ask:
    """The search that query parameters state.

    Raises:
        InputError: ``search_parameter_unknown``, ``search_parameter_wrong``, with its name;
            ``format_not_supported``.
    """
    known = SEARCHABLE[resource_type]
    found: dict[str, object] = {}
    since: datetime | None = None
    before: datetime | None = None
    for name, value in pairs:
        if name in known.of_patient:
            found["patients"] = _narrowed(found.get("patients"), _ids(name, value, "Patient"))
        elif name == "_id":
            found["ids"] = _narrowed(found.get("ids"), _ids(name, value, resource_type))
        elif name in (known.date, "_lastUpdated") and name is not None:
            low, high = _interval(name, value)
            since = max(filter(None, (since, low)), default=None)
            before = min(filter(None, (before, high)), default=None)
        elif name == "encounter" and known.encounter:
            [found["encounter"]] = _single(name, _ids(name, value, "Encounter"))
        elif name == "status" and known.statuses is not None and value in known.statuses:
            found["superseded"] = known.statuses[value]
        elif name == "_summary" and value in ("count", "false"):
            found["count_only"] = value == "count"
        else:
            found |= _general(name, value)
    return Ask(since=since, before=before, **found)  # type: ignore[arg-type]


def check_format(wanted: str | None, accept: str) -> None:
    """Refuses a form that is not JSON.

    Raises:
        InputError: ``format_not_supported``.
    """
    if wanted is not None:
        supported = wanted.split(";")[0].strip().lower() in _FORMATS
    else:
        kinds = {part.split(";")[0].strip().lower() for part in accept.split(",") if part.strip()}
        any_kind = {"*/*", "application/*", "text/html", *_FORMATS}
        supported = not kinds or bool(kinds & any_kind)
    if not supported:
        raise InputError(
            "format_not_supported",
            Bilingual(
                zh="只提供 JSON（application/fhir+json）。",
                en="Only JSON is served (application/fhir+json).",
            ),
            field="_format",
        )


def page_mark(at: datetime, identity: str) -> str:
    """Where a page ended, as the link to the next one carries it."""
    text = f"{at.astimezone(UTC).isoformat()}|{identity}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _general(name: str, value: str) -> dict[str, object]:
    if name == "_count":
        if not (value.isascii() and value.isdigit()) or len(value) > 6:
            raise _wrong(name)
        return {"count": min(int(value), MOST)} if int(value) else {"count_only": True}
    if name == "_after":
        return {"after": _mark(value)}
    if name in ("_format", "_pretty", "_total"):
        return {}
    raise unknown_parameter(name)


def unknown_parameter(name: str) -> InputError:
    """The refusal of a search parameter that is not offered."""
    return InputError(
        "search_parameter_unknown",
        Bilingual(
            zh=f"不支持查询参数 {name[:40]}；支持的参数见 /fhir/metadata。",
            en=f"The search parameter {name[:40]} is not supported; /fhir/metadata lists those "
            "that are.",
        ),
        field=name[:40],
    )


def _ids(name: str, value: str, kind: str) -> frozenset[str]:
    found = frozenset(one.removeprefix(f"{kind}/") for one in value.split(","))
    if not all(_ID.fullmatch(one) for one in found) or len(found) > MOST:
        raise _wrong(name)
    return found


def _narrowed(former: object, wanted: frozenset[str]) -> frozenset[str]:
    return wanted if former is None else wanted & frozenset(former)  # type: ignore[call-overload]


def _single(name: str, found: frozenset[str]) -> frozenset[str]:
    if len(found) != 1:
        raise _wrong(name)
    return found


def _interval(name: str, value: str) -> tuple[datetime | None, datetime | None]:
    """First instant and end of the times that a date parameter allows."""
    parts = _PREFIXED.fullmatch(value)
    moment = parse_date_time(parts["value"]) if parts else None
    if parts is None or moment is None:
        raise _wrong(name)
    try:
        low, high = _span(moment, parts["value"])
    except (ValueError, OverflowError):
        # The end of the year 9999 is not there to be named.
        raise _wrong(name) from None
    prefix = parts["prefix"] or "eq"
    allowed = {
        "eq": (low, high),
        "ge": (low, None),
        "gt": (high, None),
        "le": (None, high),
        "lt": (None, low),
    }
    if prefix not in allowed:
        raise _wrong(name)
    return allowed[prefix]


def _span(moment: datetime | date, text: str) -> tuple[datetime, datetime]:
    if isinstance(moment, datetime):
        start = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return start, start + timedelta(milliseconds=1 if "." in text else 1000)
    start = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    if len(text) == 4:
        return start, start.replace(year=start.year + 1)
    if len(text) == 7:
        return start, (start + timedelta(days=32)).replace(day=1)
    return start, start + timedelta(days=1)


def _mark(value: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
        at, _, identity = text.partition("|")
        moment = datetime.fromisoformat(at)
    except (binascii.Error, ValueError):
        raise _wrong("_after") from None
    if moment.tzinfo is None or not _ID.fullmatch(identity):
        raise _wrong("_after")
    return moment, identity


def _wrong(name: str) -> InputError:
    return refused(
        "search_parameter_wrong",
        name,
        "该查询参数的值无效或不支持。",
        "The value of this search parameter is wrong or not supported.",
    )
