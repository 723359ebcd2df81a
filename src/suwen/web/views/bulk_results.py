"""Results of a bulk run on its page: whom each is about, what was found, what went wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from suwen.bootstrap.departments import DepartmentName
from suwen.bootstrap.platform import Platform
from suwen.bulk.selection import LEFT_OUT_SAID, LeftOut
from suwen.control.gateway.chart import listed_rows
from suwen.core.identity import Principal
from suwen.core.language import Bilingual, Language
from suwen.storage.bulk_runs import BulkResult
from suwen.storage.bulk_stays import StayPlace, places_of_stays
from suwen.storage.patient_summary import PatientSummary
from suwen.web import formats
from suwen.web.texts import Texts


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One item of a run; an empty text means "not known" or "not for this person".

    Attributes:
        number: of the item, from 1.
        patient: id; empty for whoever may not have the patient on their list.
        stay: when and where, in one line.
        address: of the stay in the record.
        found: what the application found, or what went wrong, in one line.
        draft: id of the draft that was kept.
    """

    number: int
    status: str
    code: str
    patient: str
    name: str
    identifier: str
    encounter: str
    department: str
    department_name: str
    stay: str
    address: str
    found: str
    draft: str
    took_ms: float


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One kind of refusal or error: how often it came, what it means, how to mend it."""

    code: str
    count: int
    status: str
    meaning: str
    mend: str


class ResultRows:
    """Rows of results with the names that the person who looks may have.

    Args:
        people: the patients of the results whom the person's list holds.
    """

    def __init__(
        self,
        texts: Texts,
        platform: Platform,
        people: Mapping[str, PatientSummary],
        places: Mapping[str, StayPlace],
        name: DepartmentName,
    ) -> None:
        self._texts = texts
        self._zone = platform.settings.zone
        self._people = people
        self._places = places
        self._name = name

    @classmethod
    async def of(
        cls,
        platform: Platform,
        principal: Principal,
        results: Sequence[BulkResult],
        texts: Texts,
    ) -> ResultRows:
        """With whom and where these results are about, as far as the person may know."""
        patients = {result.patient for result in results if result.patient}
        people = await platform.charts.listed(principal, patients) if patients else {}
        encounters = {r.encounter for r in results if r.encounter and r.patient in people}
        seen = listed_rows(principal, platform.clock.now())
        places = await places_of_stays(platform.database, encounters, seen) if encounters else {}
        codes = (place.department for place in places.values())
        name = await platform.departments.naming(codes, texts.language)
        return cls(texts, platform, people, places, name)

    def row(self, result: BulkResult) -> ResultRow:
        """One result."""
        person = self._people.get(result.patient or "")
        place = self._places.get(result.encounter or "") if person is not None else None
        draft = (result.body.get("run") or {}).get("draft_id")
        return ResultRow(
            number=result.ordinal + 1,
            status=result.status,
            code=result.code or "",
            patient=person.id if person else "",
            name=(person.name or self._texts("banner.name_unknown")) if person else "",
            identifier=(person.identifier or "") if person else "",
            encounter=place.encounter if place else "",
            department=(place.department or "") if place else "",
            department_name=self._name(place.department) if place else "",
            stay=self._stay(place) if place else "",
            address=_address(person.id, place) if person else "",
            found=self._found(result),
            draft=str(draft or "") if person else "",
            took_ms=result.took_ms,
        )

    def _stay(self, place: StayPlace) -> str:
        begin, end = (formats.day(at, self._zone) for at in (place.started_at, place.ended_at))
        period = f"{begin} – {end}" if begin or end else ""
        return " ".join(part for part in (period, self._name(place.department)) if part)

    def _found(self, result: BulkResult) -> str:
        texts, body = self._texts, result.body.get("result")
        if result.status != "ok" or not isinstance(body, Mapping):
            return message_of(result, texts.language) or texts.coded("bulk_code", result.code)
        findings = [f for f in body.get("findings") or () if f.get("kind") != "unchecked"]
        parts = [*_headline(body, texts)]
        if findings or not parts:
            parts.append(texts("bulk.found", n=len(findings)))
        said = texts("list.pause").join(parts)
        if not findings:
            return said
        worst = max(findings, key=_weight)[f"message_{texts.language.value}"]
        return f"{said}{texts('list.colon')}{worst}"


def _headline(body: Mapping[str, Any], texts: Texts) -> list[str]:
    """What the application says of the whole: a score, a decision, how full a document is."""
    if body.get("score") is not None:
        grade = texts.coded("quality_grade", body.get("grade"))
        return [texts("bulk.score", score=f"{body['score']:g}", grade=grade)]
    if "decision" in body:
        return [texts.coded("rx_decision", body["decision"])]
    if "completion" in body:
        filled = body["completion"]
        return [texts("bulk.filled", n=filled["fields_filled"], of=filled["fields_total"])]
    return []


_SEVERITIES = ("info", "minor", "moderate", "major", "contraindicated")


def _weight(finding: Mapping[str, Any]) -> tuple[int, float]:
    severity = finding.get("severity")
    grave = _SEVERITIES.index(severity) if severity in _SEVERITIES else -1
    return grave, float(finding.get("deduction") or 0)


def _address(patient: str, place: StayPlace | None) -> str:
    anchor = f"#Encounter-{quote(place.encounter, safe='')}" if place else ""
    return f"/patients/{quote(patient, safe='')}{anchor}"


def message_of(result: BulkResult, language: Language) -> str:
    """What the program said of a refusal or an error; empty where it says nothing."""
    error = result.body.get("error") or {}
    return str(error.get(f"message_{language.value}") or "")


def code_rows(
    counts: Mapping[str, int], firsts: Collection[BulkResult], texts: Texts
) -> list[CodeRow]:
    """Every kind of refusal and error with its meaning and its remedy, the most frequent first."""
    return [
        CodeRow(
            code=one.code or "",
            count=counts.get(one.code or "", 0),
            status=one.status,
            meaning=message_of(one, texts.language) or texts.coded("bulk_code", one.code),
            mend=_mend(one, texts),
        )
        for one in firsts
    ]


def _mend(result: BulkResult, texts: Texts) -> str:
    own = f"bulk_mend.{result.code}"
    return texts(own) if texts.has(own) else texts(f"bulk_mend_any.{result.status}")


def left_out_rows(counts: Mapping[str, int]) -> list[tuple[int, Bilingual]]:
    """How many records were left out, and why, the most frequent first."""
    return [
        (n, LEFT_OUT_SAID[LeftOut(why)])
        for why, n in sorted(counts.items(), key=lambda one: -one[1])
    ]
