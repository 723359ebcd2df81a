"""What is printed of a draft or a signed record: exactly its text, with numbered sources."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from suwen.core.document import Section
from suwen.core.document_form import field_line, section_from_json
from suwen.core.draft import Decision, SignedRecord, SignOff
from suwen.core.language import Bilingual, Language

_LONG_RUN = re.compile(r"[^\s\u3000-\u9fff\uff00-\uffef]{28,}")
_JOINT = re.compile(r"[/#.\-_](?=.)")
_UNBROKEN = re.compile(r"[^\u200b]{24}")
_ZERO_WIDTH_SPACE = "\u200b"
#: Characters that would reorder or hide printed text.
_UNPRINTABLE = frozenset(
    "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
_MAY_BREAK = frozenset({"title", "hospital", "banner", "sections", "sources", "limits"})
_BANNER = ("patient_name", "sex", "age", "identifier")
_DECISIONS = {
    Decision.ACCEPT: Bilingual("签署", "Signed"),
    Decision.AMEND: Bilingual("修订并签署", "Amended and signed"),
    Decision.COSIGN: Bilingual("上级审签", "Co-signed"),
    Decision.REJECT: Bilingual("退回", "Rejected"),
    Decision.ESCALATE: Bilingual("转交上级", "Escalated"),
}
_ROLES = {
    "physician": Bilingual("医师", "Physician"),
    "chief_physician": Bilingual("主任医师", "Chief physician"),
    "nurse": Bilingual("护士", "Nurse"),
    "pharmacist": Bilingual("药师", "Pharmacist"),
    "quality_officer": Bilingual("质控员", "Quality officer"),
}


@dataclass(frozen=True, slots=True)
class PrintedDocument:
    """What a PDF is made of.

    Attributes:
        content: content of a draft or signed record: ``result.document``, ``label``, ``limits``.
        hospital: name of the hospital, for the head of each page.
        version: version of the draft that is printed, >= 1.
        content_hash: SHA-256 of the content, as shown to the signer.
        printed_at: when it was printed, aware; every time is printed in its zone.
        signed: the signed record; ``None`` prints a draft with its watermark.
    """

    content: Mapping[str, Any] = field(repr=False)
    hospital: str
    version: int
    content_hash: str
    printed_at: datetime
    signed: SignedRecord | None = None


def template_data(source: PrintedDocument) -> dict[str, Any]:
    """Everything that the template prints, as plain data; all text made printable."""
    document = source.content["result"]["document"]
    language = Language(document["language"])
    sources: list[dict[str, Any]] = []
    sections = [_section(s, language, sources) for s in document["sections"]]
    label = source.content["label"]
    limits = [item[language.value] for item in source.content.get("limits", ())]
    words = {name: text.in_language(language) for name, text in _WORDS.items()}
    data = {
        "language": language.value,
        "title": document["title"],
        "hospital": source.hospital,
        "banner": _banner(document["sections"], language),
        "label": label["visible_zh" if language is Language.ZH else "visible_en"],
        "signed_note": _signed_note(source, language),
        "label_short": words["ai_short"],
        "watermark": None if source.signed else words["watermark"],
        "sections": [s for s in sections if s["grid"] or s["lines"] or s["absent"]],
        "sources": sources,
        "limits": limits,
        "signatures": _signatures(source, language),
        "version": source.version,
        "content_hash": source.content_hash,
        "printed_at": _time(source.printed_at),
        "words": words,
        "metadata": _metadata(source, document["title"], label, language),
    }
    return {name: printable(value, breakable=name in _MAY_BREAK) for name, value in data.items()}


def _section(
    stored: Mapping[str, Any], language: Language, sources: list[dict[str, Any]]
) -> dict[str, Any]:
    """A section as grid cells (unchanged field lines) and lines of numbered pieces."""
    section = section_from_json(stored)
    text = stored["text"]
    lines = text.split("\n")
    grid = []
    for item in section.fields:
        line = field_line(item, language)
        if line is not None and lines and line == lines[0]:
            grid.append({"label": item.label.in_language(language), "value": item.value})
            lines.pop(0)
    rest = "\n".join(lines)
    pieces = _pieces(rest, stored["statements"], sources) if rest.strip() else []
    return {
        "title": section.title,
        "grid": grid,
        "lines": _by_line(pieces),
        "absent": _absent(section, language),
        "narrow": section.id in ("laboratory", "immunisations", "vital_signs"),
    }


def _absent(section: Section, language: Language) -> str:
    """What of the section the record does not hold, said where a reader looks for it."""
    labels = [f.label.in_language(language) for f in section.fields if not f.source_present]
    if not labels:
        return ""
    if language is Language.ZH:
        return f"未见记录：{'、'.join(labels)}"
    return f"Not recorded: {', '.join(labels)}"


def _pieces(
    text: str, statements: Sequence[Mapping[str, Any]], sources: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The text cut at the end of each statement, which carries the number of its sources."""
    pieces: list[dict[str, Any]] = []
    position = 0
    for statement in statements:
        start = text.find(statement["text"], position)
        if start < 0:
            continue
        end = start + len(statement["text"])
        if start > position:
            pieces.append({"text": text[position:start], "number": None, "doubt": False})
        number = None
        if statement["evidence"]:
            number = len(sources) + 1
            sources.append({"number": number, "items": _sources(statement["evidence"])})
        pieces.append(
            {
                "text": text[start:end],
                "number": number,
                "doubt": statement["supported"] is False,
            }
        )
        position = end
    if position < len(text):
        pieces.append({"text": text[position:], "number": None, "doubt": False})
    return pieces


def _sources(evidence: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The sources of one statement, the places within one item of the record together."""
    found: dict[str, list[dict[str, str]]] = {}
    for item in evidence:
        reference, _, path = item["reference"].partition("#")
        kind = reference.partition("/")[0]
        place = path.removeprefix(f"{kind}.")
        found.setdefault(reference, []).append({"place": place, "quote": _shortened(item["quote"])})
    return [{"reference": name, "places": places} for name, places in found.items()]


def _shortened(quote: str, most: int = 160) -> str:
    line = " ".join(quote.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _by_line(pieces: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    lines: list[list[dict[str, Any]]] = [[]]
    for piece in pieces:
        parts = piece["text"].split("\n")
        for index, part in enumerate(parts):
            if index:
                lines.append([])
            last = index == len(parts) - 1
            if part:
                lines[-1].append(
                    {**piece, "text": part, "number": piece["number"] if last else None}
                )
    return [line for line in lines if line]


def _banner(sections: Sequence[Mapping[str, Any]], language: Language) -> list[str]:
    fields = {f["name"]: f for s in sections for f in s["fields"]}
    found = []
    for name in _BANNER:
        value = (fields.get(name) or {}).get("value")
        if value is None:
            continue
        if name == "identifier":
            colon = "：" if language is Language.ZH else ": "
            found.append(f"{fields[name]['label_' + language.value]}{colon}{value}")
        else:
            found.append(str(value))
    return found


def _signed_note(source: PrintedDocument, language: Language) -> str | None:
    """Who signed what a machine had drafted, beside the label; ``None`` for a draft."""
    if source.signed is None or not source.signed.sign_offs:
        return None
    first = _signature(source.signed.sign_offs[0], language, source.printed_at.tzinfo)
    if language is Language.ZH:
        return f"已由{first['name']}（{first['role']}）审核并于 {first['time']} 签署。"
    return f"Reviewed and signed by {first['name']} ({first['role']}) on {first['time']}."


def _signatures(source: PrintedDocument, language: Language) -> list[dict[str, str]]:
    if source.signed is None:
        return []
    zone = source.printed_at.tzinfo
    return [_signature(s, language, zone) for s in source.signed.sign_offs]


def _signature(sign_off: SignOff, language: Language, zone: tzinfo | None) -> dict[str, str]:
    """A signature as it is printed, its time in the zone of the print."""
    role = _ROLES.get(sign_off.signer_role)
    return {
        "decision": _DECISIONS[sign_off.decision].in_language(language),
        "name": sign_off.signer_name,
        "role": role.in_language(language) if role else sign_off.signer_role,
        "time": _time(sign_off.decided_at.astimezone(zone)),
        "version": str(sign_off.version),
        "hash": sign_off.content_hash,
        "key": sign_off.key_id or "",
        "signature": sign_off.signature or "",
    }


def _time(moment: datetime) -> str:
    """A time with its zone, to the second."""
    zone = moment.strftime("%z")
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC{zone[:3]}:{zone[3:5]}"


def _metadata(
    source: PrintedDocument, title: str, label: Mapping[str, Any], language: Language
) -> dict[str, Any]:
    """Title, authors and the embedded label of the file.

    Source: GB 45438-2025 (implicit label: attribute, provider, content number), from memory.
    """
    signers = [s.signer_name for s in source.signed.sign_offs] if source.signed else []
    return {
        "title": title,
        "authors": signers or [_WORDS["unsigned"].in_language(language)],
        "description": {
            "AIGC": {
                "Label": label["attribute"],
                "ContentProducer": f"{label['provider']} / {label['system']}",
                "ProduceID": str(label["content_id"]),
            },
            "version": source.version,
            "content_hash": source.content_hash,
            "status": "signed" if source.signed else "draft",
        },
        "keywords": ["AIGC", str(label["attribute"]), str(label["content_id"])],
    }


def printable(value: Any, *, breakable: bool) -> Any:
    """The value with every text readable on paper: no control, reordering or hidden characters,
    and, where asked for, room to break in very long words."""
    if isinstance(value, str):
        kept = "".join(
            c
            for c in value
            if c == "\n" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in _UNPRINTABLE)
        )
        return _LONG_RUN.sub(_breakable, kept) if breakable else kept
    if isinstance(value, Mapping):
        return {key: printable(item, breakable=breakable) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [printable(item, breakable=breakable) for item in value]
    return value


def _breakable(run: re.Match[str]) -> str:
    """Room to break behind punctuation, and within what has none for long."""
    opened = _JOINT.sub(lambda m: m[0] + _ZERO_WIDTH_SPACE, run[0])
    return _UNBROKEN.sub(lambda m: m[0] + _ZERO_WIDTH_SPACE, opened)


_WORDS = {
    "watermark": Bilingual("AI 草稿 未签署", "AI draft, unsigned"),
    "ai_short": Bilingual("AI 辅助生成", "AI-assisted"),
    "unsigned": Bilingual("未签署", "unsigned"),
    "page": Bilingual("第", "Page"),
    "of": Bilingual("页 / 共", "of"),
    "pages": Bilingual("页", ""),
    "sources": Bilingual("出处", "Sources"),
    "sources_note": Bilingual(
        "编号对应正文各条陈述；依次为病历条目、其中位置与病历原文（引号内）。",
        "Numbers refer to the statements above; each gives the item of the record, the place in "
        "it, and the recorded wording in quotes.",
    ),
    "limits": Bilingual("局限与说明", "Limits"),
    "doubt": Bilingual("〔未见依据〕", "[not supported]"),
    "signature": Bilingual("签名", "Signature"),
    "not_signed": Bilingual("本稿尚未签署，不得作为病历使用。", "Not signed; not a record."),
    "signer": Bilingual("签署人", "Signer"),
    "role": Bilingual("职务", "Role"),
    "decision": Bilingual("决定", "Decision"),
    "time": Bilingual("时间", "Time"),
    "version": Bilingual("版本", "Version"),
    "hash": Bilingual("内容哈希 SHA-256", "Content hash SHA-256"),
    "key": Bilingual("密钥", "Key"),
    "signature_value": Bilingual("签名值", "Signature value"),
    "printed": Bilingual("打印时间", "Printed"),
    "to_sign": Bilingual("医师签名", "Physician"),
    "date": Bilingual("日期", "Date"),
}
