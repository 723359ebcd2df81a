"""A published facts sheet as PDF, in one language: exactly its frozen text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from suwen.core.language import Bilingual, Language
from suwen.integration.exports.pdf import typeset
from suwen.integration.exports.printed import printable

_TEMPLATE: Final = Path(__file__).parent / "sheet.typ"

_WORDS: Final = {
    "missing": Bilingual("未提供", "Not stated"),
    "missing_head": Bilingual("以下各项尚无人提供", "Nobody has stated the following yet"),
    "comma": Bilingual("、", ", "),
    "page": Bilingual("第", "Page"),
    "of": Bilingual("页 / 共", "of"),
    "pages": Bilingual("页", ""),
    "number": Bilingual("版次", "Version"),
    "made": Bilingual("编制于", "Made on"),
    "release": Bilingual("版本", "Release"),
    "note": Bilingual(
        "每项下方注明其出处。未提供的项目照样列出。",
        "Below each item stands where it comes from. What is missing is listed as missing.",
    ),
    "for_staff": Bilingual("已提供，仅供本院工作人员查阅", "Stated, for the hospital's staff only"),
    "key": Bilingual("签名密钥", "Signing key"),
    "verify": Bilingual(
        "本文件带有数字签名，可用任何 PDF 签名验证工具核对；改动一个字节即失效。",
        "This file carries a digital signature that any tool for PDF signatures verifies; one "
        "changed byte breaks it.",
    ),
}
_READERS: Final = {
    "staff": Bilingual("供本院工作人员", "For the hospital's staff"),
    "patient": Bilingual("供患者", "For patients"),
    "public": Bilingual("供公众", "For the public"),
}
_CONFIDENCE: Final = {
    "verified": Bilingual("已核对原文", "checked at the source"),
    "from_memory": Bilingual("条文凭记忆，待核对", "from memory, to be checked"),
}
_KIND: Final = Bilingual("AI 系统说明书", "Facts sheet of an AI system")


@dataclass(frozen=True, slots=True)
class PrintedSheet:
    """What the PDF is made of.

    Attributes:
        sheet: as it was frozen.
        digest: SHA-256 of its text; ``key_id`` the key that signed the text.
    """

    sheet: Mapping[str, Any] = field(repr=False)
    number: int
    digest: str
    key_id: str
    made_at: datetime
    language: Language


def render_sheet(source: PrintedSheet) -> bytes:
    """The PDF (PDF/A-2b, A4), not signed yet. Takes about 0.3 s; loops use a thread.

    Raises:
        ConfigurationError: ``pdf_font_missing``.
        IntegrationError: ``pdf_failed``.
    """
    data = printable(sheet_data(source), breakable=True)
    return typeset(_TEMPLATE, data, source.made_at)


def sheet_data(source: PrintedSheet) -> dict[str, Any]:
    """Everything that the template prints, in one language."""
    sheet, of = source.sheet, source.language.value
    words = {name: text.in_language(source.language) for name, text in _WORDS.items()}
    facts = {
        fact["key"]: fact["label"][of] for section in sheet["sections"] for fact in section["facts"]
    }
    return {
        "language": of,
        "title": sheet["title"][of],
        "hospital": sheet["hospital"][of],
        "kind": _KIND.in_language(source.language),
        "readers": _READERS[sheet["readers"]].in_language(source.language),
        "description": json.dumps({"format": sheet["format"], "sha256": source.digest}),
        "app": sheet["app"],
        "number": str(source.number),
        "digest": source.digest,
        "key_id": source.key_id,
        "made_on": sheet["made_on"],
        "release": (sheet["release"] or "–")[:12],
        "missing": [facts[key] for key in sheet["missing"]],
        "sections": [
            {
                "title": section["title"][of],
                "facts": [
                    {
                        "label": fact["label"][of],
                        "values": [value[of] for value in fact["values"]],
                        "origin": fact["origin"][of],
                    }
                    for fact in section["facts"]
                ],
            }
            for section in sheet["sections"]
        ],
        "rules": [_rule(rule, source.language) for rule in sheet["rules"]],
        "words": words,
    }


def _rule(rule: Mapping[str, Any], language: Language) -> dict[str, Any]:
    of = language.value
    return {
        "title": rule["title"][of],
        "source": rule["source"],
        "confidence": _CONFIDENCE[rule["confidence"]].in_language(language),
        "note": rule["note"][of],
        "attributes": [
            {
                "place": one["place"],
                "label": one["label"][of],
                "values": [value[of] for value in one["values"]],
                "for_staff": one["for_staff"],
            }
            for one in rule["attributes"]
        ],
    }
