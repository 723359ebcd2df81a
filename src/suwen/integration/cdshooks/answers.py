"""Cards as CDS Hooks 2.0 writes them: short summaries, safe Markdown, sources, reasons, links."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from suwen.core.cards import Card, CardLink, CardTopic, Indicator, Removal, Unchecked
from suwen.core.finding import Confidence, Finding, Severity, Source
from suwen.core.language import Bilingual, Language

LONGEST_SUMMARY: Final = 139
"""The specification wants fewer than 140 characters."""

MOST_CARDS: Final = 40
REASON_SYSTEM: Final = "urn:suwen:cds-hooks:override-reason"
TOPIC_SYSTEM: Final = "urn:suwen:cds-hooks:card-topic"
SMART_LAUNCH: Final = "/smart/launch"
UNCHECKED_RULE: Final = "CDS-U01"
MORE_RULE: Final = "CDS-U02"

_RANKS: Final = (Indicator.CRITICAL, Indicator.WARNING, Indicator.INFO)
_LEAST_CARD_BITS: Final = 0xFFFF
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:@/])")
_SPACES: Final = re.compile(r"\s+")

OVERRIDE_REASONS: Final[Mapping[str, Bilingual]] = {
    "tolerated_before": Bilingual("患者曾耐受该药", "The patient tolerated it before"),
    "benefit_outweighs_risk": Bilingual("获益大于风险", "The benefit outweighs the risk"),
    "will_monitor": Bilingual("将密切监测", "The patient will be monitored"),
    "record_wrong": Bilingual("记录有误或已过时", "The record is wrong or out of date"),
    "already_handled": Bilingual("已处理", "It was taken care of already"),
    "not_applicable": Bilingual("不适用于该患者", "It does not apply to this patient"),
    "other": Bilingual("其他", "Other"),
}
"""Coded reasons for going on in spite of a card."""

_CONFIDENCES: Final[Mapping[Confidence, Bilingual]] = {
    Confidence.REVIEWED: Bilingual("已经本院审核", "reviewed by the hospital"),
    Confidence.VERIFIED: Bilingual("已核对来源", "checked against the source"),
    Confidence.FROM_MEMORY: Bilingual(
        "凭记忆整理，待本院审核", "recalled, not yet reviewed by the hospital"
    ),
}
_TOPICS: Final[Mapping[CardTopic, Bilingual]] = {
    CardTopic.ALLERGY: Bilingual("过敏", "Allergy"),
    CardTopic.DUPLICATE: Bilingual("重复医嘱", "Duplicate order"),
    CardTopic.INTERACTION: Bilingual("相互作用", "Interaction"),
    CardTopic.DOSE: Bilingual("剂量", "Dose"),
    CardTopic.UNCHECKED: Bilingual("未核对", "Not checked"),
    CardTopic.CRITICAL_RESULT: Bilingual("危急值", "Critical result"),
    CardTopic.UNSIGNED_DOCUMENT: Bilingual("待签文书", "Unsigned document"),
    CardTopic.OWED_DOCUMENT: Bilingual("应完成文书", "Owed document"),
    CardTopic.ALLERGY_STATUS: Bilingual("过敏史", "Allergy status"),
    CardTopic.PENDING_RESULT: Bilingual("未出结果", "Pending result"),
    CardTopic.INCOMPLETE_ORDER: Bilingual("医嘱不完整", "Incomplete order"),
    CardTopic.CONTRAINDICATION: Bilingual("禁忌", "Contraindication"),
    CardTopic.PRESCRIBING: Bilingual("处方规范", "Prescribing rules"),
}
_OWN: Final = Source("suwen", "1")


@dataclass(frozen=True, slots=True)
class Form:
    """How one answer is written.

    Attributes:
        call: number of the call; its last 16 bits are not used, they number cards and suggestions.
        base_url: our own address as the client knows it; ``None`` leaves links out.
        smart: whether the client can start our pages by SMART App Launch.
    """

    call: UUID
    language: Language
    base_url: str | None
    smart: bool


def call_number(free: UUID) -> UUID:
    """A number for a call out of a random one: with room for those of its cards."""
    return UUID(int=free.int & ~_LEAST_CARD_BITS)


def card_number(call: UUID, card: int, suggestion: int = 0) -> UUID:
    """The uuid of the card (from 1) of a call, or of one of its suggestions (from 1)."""
    return UUID(int=call.int | card << 8 | suggestion)


def places_of(number: UUID) -> tuple[UUID, int, int]:
    """The call, the card and the suggestion (0 for the card itself) that a uuid names."""
    least = number.int & _LEAST_CARD_BITS
    return call_number(number), least >> 8, least & 0xFF


def in_order(
    cards: Sequence[Card], unchecked: Sequence[Unchecked], checked: Bilingual
) -> tuple[Card, ...]:
    """What is shown: the gravest first, then what was not checked, and how many are left out.

    Args:
        checked: what was asked, as people know it.
    """
    ranked = sorted(cards, key=lambda card: _RANKS.index(card.shown_as))
    shown, left = ranked[:MOST_CARDS], ranked[MOST_CARDS:]
    if left:
        shown.append(_more(len(left), checked))
    if unchecked:
        shown.append(_not_checked(tuple(dict.fromkeys(unchecked))))
    return tuple(shown)


def answer(cards: Sequence[Card], form: Form) -> dict[str, Any]:
    """The body of an answer; nothing is ever applied without a person, so no system actions."""
    return {"cards": [_card(card, number, form) for number, card in enumerate(cards, start=1)]}


def _card(card: Card, number: int, form: Form) -> dict[str, Any]:
    finding, language = card.finding, form.language
    sentence = _line(finding.message.in_language(language))
    body: dict[str, Any] = {
        "uuid": str(card_number(form.call, number)),
        "summary": _summary(sentence),
        "indicator": card.shown_as.value,
        "source": {
            "label": _line(f"suwen · {finding.source.title}")[:LONGEST_SUMMARY],
            "topic": {
                "system": TOPIC_SYSTEM,
                "code": card.topic.value,
                "display": _TOPICS[card.topic].in_language(language),
            },
        },
        "detail": _detail(card, sentence, language),
        "extension": {"suwen.finding": _provenance(finding)},
    }
    if card.removals:
        body["suggestions"] = [
            _suggestion(removal, number, n, form) for n, removal in enumerate(card.removals, 1)
        ]
        body["selectionBehavior"] = "at-most-one"
    if card.overridable:
        body["overrideReasons"] = [
            {"code": code, "system": REASON_SYSTEM, "display": display.in_language(language)}
            for code, display in OVERRIDE_REASONS.items()
        ]
    links = [_link(link, form) for link in card.links] if form.base_url else []
    if links:
        body["links"] = links
    return body


def _suggestion(removal: Removal, card: int, number: int, form: Form) -> dict[str, Any]:
    label = removal.label.in_language(form.language)
    return {
        "label": label,
        "uuid": str(card_number(form.call, card, number)),
        "isRecommended": False,
        "actions": [{"type": "delete", "description": label, "resourceId": removal.order}],
    }


def _link(link: CardLink, form: Form) -> dict[str, Any]:
    label = link.label.in_language(form.language)
    if form.smart:
        return {
            "label": label,
            "url": f"{form.base_url}{SMART_LAUNCH}",
            "type": "smart",
            "appContext": link.path,
        }
    return {"label": label, "url": f"{form.base_url}{link.path}", "type": "absolute"}


def _summary(sentence: str) -> str:
    if len(sentence) <= LONGEST_SUMMARY:
        return sentence
    return sentence[: LONGEST_SUMMARY - 1] + "…"


def _detail(card: Card, sentence: str, language: Language) -> str:
    """GitHub Flavored Markdown; whatever comes out of a record is escaped."""
    finding = card.finding
    lines = []
    if len(sentence) > LONGEST_SUMMARY:
        lines.append(_escaped(sentence))
    lines.extend(f"- {_escaped(_line(d.in_language(language)))}" for d in card.details)
    title = ", ".join(
        part
        for part in (finding.source.title, finding.source.edition, finding.source.section)
        if part
    )
    source = Bilingual("来源", "Source").in_language(language)
    rule = Bilingual("规则", "Rule").in_language(language)
    known = _CONFIDENCES[finding.confidence].in_language(language)
    by_rules = Bilingual("由规则得出，未使用语言模型", "Found by rules, without a language model")
    lines.append("")
    lines.append(f"**{source}**: {_escaped(_line(title))} ({_escaped(known)})")
    lines.append("")
    lines.append(f"**{rule}**: {_escaped(finding.rule)}. {by_rules.in_language(language)}.")
    return "\n".join(lines).strip()


def _provenance(finding: Finding) -> dict[str, Any]:
    """The finding for programs; the specification keeps the name ``extension`` for this."""
    source: dict[str, str] = {"title": finding.source.title, "edition": finding.source.edition}
    if finding.source.section is not None:
        source["section"] = finding.source.section
    told: dict[str, Any] = {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "source": source,
    }
    if finding.evidence:
        told["evidence"] = [e.reference for e in finding.evidence]
    return told


def _not_checked(unchecked: Sequence[Unchecked]) -> Card:
    """The one card that names everything that was not checked."""
    first = unchecked[0]
    more = len(unchecked) - 1
    zh = f"未核对：{first.what.zh}（{first.why.zh}）" + (f"，另有 {more} 项" if more else "")
    en = f"Not checked: {first.what.en} ({first.why.en})" + (f", and {more} more" if more else "")
    grave = any(item.grave for item in unchecked)
    return Card(
        finding=Finding(
            rule=UNCHECKED_RULE,
            severity=Severity.INFO,
            message=Bilingual(f"{zh}。", f"{en}."),
            source=_OWN,
            confidence=Confidence.VERIFIED,
        ),
        topic=CardTopic.UNCHECKED,
        details=tuple(
            Bilingual(f"{u.what.zh}：{u.why.zh}。", f"{u.what.en}: {u.why.en}.") for u in unchecked
        ),
        indicator=Indicator.WARNING if grave else Indicator.INFO,
    )


def _more(number: int, checked: Bilingual) -> Card:
    return Card(
        finding=Finding(
            rule=MORE_RULE,
            severity=Severity.MODERATE,
            message=Bilingual(
                zh=f"另有 {number} 条提示未在此列出，请减少一次提交的医嘱后重试。",
                en=f"{number} more findings are not listed here: send fewer orders at a time.",
            ),
            source=_OWN,
            confidence=Confidence.VERIFIED,
        ),
        topic=CardTopic.UNCHECKED,
        details=(checked,),
    )


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _line(text: str) -> str:
    """One line without control, direction or other unseen characters."""
    seen = text
    if not seen.isprintable():
        seen = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in seen)
    return _SPACES.sub(" ", seen).strip()
