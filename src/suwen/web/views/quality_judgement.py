"""A stored judgement of record quality as it is read: what was judged, what was found, what next.

Such a draft has no text to edit; what stands in it is a score with its reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final
from urllib.parse import quote, urlencode

from suwen.bootstrap.draft_quality import UNCHECKED
from suwen.bootstrap.platform import Platform
from suwen.bootstrap.quality import QUALITY_APP, QualityDesk
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.chart import listed_rows
from suwen.core.draft import DraftRecord
from suwen.storage.bulk_stays import StayPlace, places_of_stays
from suwen.storage.quality import QualityFinding
from suwen.web import formats
from suwen.web.guard import Visitor
from suwen.web.texts import Texts
from suwen.web.views.quality_evidence import EvidenceRow, Papers

_RULES: Final = "quality_rules"


@dataclass(frozen=True, slots=True)
class JudgedFinding:
    """One finding with its reasons.

    Attributes:
        deduction: points, as shown; empty where none are deducted.
        rule_address: the rule's page; empty for whoever may not see the tables.
        stands: where it stands in the repair loop, as a code; empty where it is not there.
        address: its page there; empty where it is not there.
    """

    id: str
    severity: str
    deduction: str
    message: str
    quote: str
    suggestion: str
    rule: str
    rule_address: str
    source: str
    confidence: str
    evidence: tuple[EvidenceRow, ...]
    stands: str
    address: str


@dataclass(frozen=True, slots=True)
class JudgedPaper:
    """A document that was judged, or the stay as a whole, and what was found in it.

    Attributes:
        anchor: names its place on the page.
        name: title, time and author; empty for the stay as a whole.
        item: address of its text; empty where the record does not hold it.
        deduction: points of its findings together, as shown; empty where none.
    """

    anchor: str
    name: str
    item: str
    findings: tuple[JudgedFinding, ...]
    deduction: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that a stored judgement says.

    Attributes:
        stay: begin and end as shown; an open end shows as ``–``.
        department: empty where the record does not tell.
        vetoes: rules that set the grade whatever the score is.
        papers: the stay as a whole first, then the documents as they were judged.
        unchecked: what could not be judged; it deducts nothing.
        is_officer: whether the reader works for the quality office now.
        in_loop: whether a bulk run has brought any of it to the quality office.
        bulk_address: the form of a bulk run that takes this stay; empty for whoever is no officer.
    """

    score: str
    grade: str
    deducted: str
    stay: str
    department: str
    vetoes: tuple[str, ...]
    papers: tuple[JudgedPaper, ...]
    unchecked: tuple[str, ...]
    is_officer: bool
    in_loop: bool
    bulk_address: str

    @property
    def findings(self) -> tuple[JudgedFinding, ...]:
        """All that was found, as the page shows them."""
        return tuple(one for paper in self.papers for one in paper.findings)

    @property
    def documents(self) -> tuple[JudgedPaper, ...]:
        """The documents, without the stay as a whole."""
        return tuple(paper for paper in self.papers if paper.name)


async def judgement_of(
    platform: Platform, visitor: Visitor, draft: DraftRecord, texts: Texts
) -> Judgement | None:
    """The judgement that an opened draft holds; ``None`` where it is none."""
    if draft.app != QUALITY_APP or "score" not in draft.content["result"]:
        return None
    desk, principal = QualityDesk(platform), visitor.principal
    officer = desk.is_officer(principal)
    loop: Sequence[QualityFinding] = ()
    if officer and draft.patient is not None:
        stays = await desk.stays(draft.patient, principal)
        loop = [one for _, found in stays for one in found]
    rules = platform.access.decide(principal, Action.READ_RULES, InstallationTarget()).allowed
    place = await _place(platform, visitor, draft)
    reader = _Reader(draft, texts, platform.settings.zone, loop, rules)
    name = await platform.departments.naming([place.department], texts.language) if place else None
    return reader.judgement(
        officer,
        name(place.department) if place is not None and name is not None else "",
        place.department if place is not None else None,
    )


async def _place(platform: Platform, visitor: Visitor, draft: DraftRecord) -> StayPlace | None:
    """Where the judged stay was, as the record store knows it."""
    if draft.encounter is None or draft.patient is None:
        return None
    encounter = draft.encounter.removeprefix("Encounter/")
    seen = listed_rows(visitor.principal, platform.clock.now())
    return (await places_of_stays(platform.database, [encounter], seen)).get(encounter)


class _Reader:
    """Reads the result of one draft for one reader.

    Args:
        loop: the patient's findings of the newest bulk judgement of each stay.
        shows_rules: whether the reader may see the tables of rules.
    """

    def __init__(
        self,
        draft: DraftRecord,
        texts: Texts,
        zone: tzinfo,
        loop: Sequence[QualityFinding],
        shows_rules: bool,
    ) -> None:
        self._draft, self._texts, self._zone = draft, texts, zone
        self._result: Mapping[str, Any] = draft.content["result"]
        self._papers = Papers({str(d["id"]): d for d in self._result["documents"]}, texts, zone)
        self._loop = {_identity(one.content): one for one in loop}
        self._shows_rules = shows_rules

    def judgement(self, officer: bool, department: str, code: str | None) -> Judgement:
        """The whole judgement.

        Args:
            department: where the stay was, as people call it; ``code`` as the record does.
        """
        result, texts = self._result, self._texts
        found = [one for one in result["findings"] if one["kind"] != UNCHECKED]
        known = {str(one["id"]) for one in result["documents"]}
        papers = [self._paper(0, "", [one for one in found if one["document_id"] not in known])]
        for number, one in enumerate(result["documents"], start=1):
            mine = [f for f in found if f["document_id"] == str(one["id"])]
            papers.append(self._paper(number, str(one["id"]), mine))
        grade = result.get(f"grade_{texts.language.value}")
        return Judgement(
            score=f"{result['score']:g}",
            grade=str(grade or texts.coded("quality_grade", result["grade"])),
            deducted=f"{sum(float(one['deduction']) for one in found):g}",
            stay=f"{self._day('admitted_at')} – {self._day('ended_at')}",
            department=department,
            vetoes=tuple(str(rule) for rule in result.get("vetoes") or ()),
            papers=tuple(papers if papers[0].findings else papers[1:]),
            unchecked=tuple(
                str(one[f"message_{texts.language.value}"])
                for one in result["findings"]
                if one["kind"] == UNCHECKED
            ),
            is_officer=officer,
            in_loop=any(_identity(one) in self._loop for one in found),
            bulk_address=self._bulk_address(code) if officer and self._draft.patient else "",
        )

    def _paper(
        self, number: int, reference: str, found: Sequence[Mapping[str, Any]]
    ) -> JudgedPaper:
        gravest = sorted(found, key=lambda one: -float(one["deduction"]))
        points = sum(float(one["deduction"]) for one in found)
        return JudgedPaper(
            anchor=f"judged-{number}",
            name=self._papers.name(reference),
            item=self._item(reference),
            findings=tuple(map(self._finding, gravest)),
            deduction=f"{points:g}" if points else "",
        )

    def _finding(self, one: Mapping[str, Any]) -> JudgedFinding:
        language, rule = self._texts.language.value, str(one["rule"])
        there = self._loop.get(_identity(one))
        about = urlencode({"of": _RULES, "row": rule})
        return JudgedFinding(
            id=str(one["id"]),
            severity=one["severity"],
            deduction=f"{one['deduction']:g}" if one["deduction"] else "",
            message=one[f"message_{language}"],
            quote=one["quote"] or "",
            suggestion=one.get(f"suggestion_{language}") or "",
            rule=rule,
            rule_address=f"/rules/row?{about}" if self._shows_rules else "",
            source=one["source"],
            confidence=one["confidence"],
            evidence=tuple(self._evidence(one)),
            stands=there.state if there is not None else "",
            address=f"/quality/findings/{quote(str(there.key))}" if there is not None else "",
        )

    def _evidence(self, one: Mapping[str, Any]) -> Iterator[EvidenceRow]:
        """What a finding rests on besides its own words, which stand above, and the rule, which
        stands below; the same words elsewhere are told by their place alone."""
        for seen in one["evidence"]:
            if seen.get("kind") == "rule":
                continue
            row, same = self._papers.row(seen), seen["quote"] == one["quote"]
            if same and str(seen["reference"]).partition("#")[0] == one["document_id"]:
                continue
            yield EvidenceRow(row.where, "") if same else row

    def _item(self, reference: str) -> str:
        """Where the document's text is read; only what the record store holds has an address."""
        kind, _, name = reference.partition("/")
        if self._draft.patient is None or not name or not kind.isalpha():
            return ""
        patient = quote(self._draft.patient, safe="")
        return f"/patients/{patient}/items/{kind}/{quote(name, safe='')}"

    def _day(self, name: str) -> str:
        stated = self._result.get(name)
        return formats.moment(datetime.fromisoformat(stated), self._zone) if stated else ""

    def _bulk_address(self, department: str | None) -> str:
        wanted = {"scope": "open"}
        ended = self._result.get("ended_at")
        if ended:
            day = formats.day(datetime.fromisoformat(ended), self._zone)
            wanted = {"scope": "ended", "from": day, "to": day}
        if department:
            wanted["department"] = department
        return f"/bulk?{urlencode(wanted)}"


def _identity(one: Mapping[str, Any]) -> tuple[object, ...]:
    """What makes two findings of a stay the same: the rule, the place and the words."""
    return one["rule"], one["document_id"], one["quote"], one["message_zh"]
