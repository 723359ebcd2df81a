"""The PDF says exactly what the content's text says, whatever the text is."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pypdfium2
import pytest

from suwen.core.draft import Decision, SignedRecord, SignOff
from suwen.core.identity import DraftId, PrincipalId, SignedRecordId
from suwen.integration.exports.pdf import font_folder, render_pdf
from suwen.integration.exports.printed import PrintedDocument, template_data

AT = datetime(2026, 3, 6, 11, 0, 5, tzinfo=timezone(timedelta(hours=8)))
HASH = "ab12" * 16


def statement(text: str, supported: bool | None = True, **evidence: str) -> dict[str, Any]:
    found = {"kind": "record", "reference": "Observation/k#Observation.status", "quote": "final"}
    return {
        "id": "s.1",
        "text": text,
        "supported": supported,
        "reason": None,
        "origin": "rule",
        "evidence": [found | evidence],
    }


def section(identity: str, title: str, text: str, *statements: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": identity,
        "code": None,
        "title": title,
        "fields": [],
        "statements": list(statements),
        "text": text,
    }


def field(name: str, label: str, value: str | None, *, in_text: bool = True) -> dict[str, Any]:
    return {
        "name": name,
        "label_zh": label,
        "label_en": label,
        "value": value,
        "source_present": value is not None,
        "in_text": in_text,
        "evidence": [],
    }


def content(*sections: dict[str, Any], language: str = "zh") -> dict[str, Any]:
    banner = section("patient", "一般项目", "姓名：陈安\n病案号：M-1")
    banner["fields"] = [field("patient_name", "姓名", "陈安"), field("identifier", "病案号", "M-1")]
    return {
        "result": {
            "document": {
                "document_type": "discharge_summary",
                "language": language,
                "title": "出院记录",
                "sections": [banner, *sections],
                "text": "",
            }
        },
        "label": {
            "visible_zh": "【AI 生成】须经审核。",
            "visible_en": "[AI-generated] To be reviewed.",
            "attribute": "ai-generated",
            "provider": "示范医院",
            "system": "suwen",
            "content_id": "c-77",
        },
        "limits": [{"zh": "未见记录：过敏史。", "en": "Not recorded: allergies."}],
    }


def signed_record(body: dict[str, Any]) -> SignedRecord:
    """Signed at ``AT``, as the store tells it: in UTC."""
    sign_off = SignOff(
        DraftId("d"), 2, HASH, Decision.ACCEPT, PrincipalId("dr.lin"), "林怀瑾", "physician",
        AT.astimezone(UTC), signature="c2lnbmF0dXJl", key_id="key-2026",
    )  # fmt: skip
    return SignedRecord(SignedRecordId("s"), DraftId("d"), 1, body, HASH, (sign_off,), AT)


def rendered(body: dict[str, Any], *, signed: bool = False) -> pypdfium2.PdfDocument:
    record = signed_record(body) if signed else None
    data = render_pdf(PrintedDocument(body, "示范医院", 2, HASH, AT, record))
    return pypdfium2.PdfDocument(data)


def text_of(pdf: pypdfium2.PdfDocument) -> str:
    pages = [page.get_textpage().get_text_range() for page in pdf]
    pdf.close()
    return "\n".join(pages)


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b\ufffe\ufeff\u0002-]", "", text)


def test_a_draft_shows_its_label_banner_sources_limits_and_watermark() -> None:
    body = content(
        section("lab", "实验室检查", "血清钾 4.1 mmol/L。", statement("血清钾 4.1 mmol/L。"))
    )
    text = squeezed(text_of(rendered(body)))
    for part in (
        "【AI生成】须经审核。", "示范医院", "陈安", "病案号：M1", "出院记录", "血清钾4.1mmol/L。",
        "Observation/k", "“final”", "未见记录：过敏史。", "AI草稿未签署", "本稿尚未签署",
        "第1页/共1页", "ab12ab12ab12ab12",
    ):  # fmt: skip
        assert part in text, part


def test_a_signed_record_shows_who_when_and_what_and_no_watermark() -> None:
    text = squeezed(text_of(rendered(content(section("a", "诊断", "肺炎。")), signed=True)))
    for part in ("林怀瑾", "医师", "2026030611:00:05UTC+08:00", HASH, "key2026", "c2lnbmF0dXJl"):
        assert part in text, part
    assert "草稿" not in text
    assert "尚未签署" not in text


def test_the_label_is_in_the_metadata() -> None:
    pdf = rendered(content(), signed=True)
    found = pdf.get_metadata_dict()
    pdf.close()
    assert found["Title"] == "出院记录"
    assert found["Author"] == "林怀瑾"
    assert "c-77" in found["Keywords"]
    embedded = json.loads(found["Subject"])
    assert embedded["AIGC"] == {
        "Label": "ai-generated",
        "ContentProducer": "示范医院 / suwen",
        "ProduceID": "c-77",
    }
    assert embedded["content_hash"] == HASH


def test_what_a_person_wrote_is_printed_and_not_what_stood_before() -> None:
    edited = section("a", "诊断", "人工改写的诊断。\n第二行。", statement("旧的诊断。"))
    text = squeezed(text_of(rendered(content(edited))))
    assert "人工改写的诊断。" in text
    assert "第二行。" in text
    assert "旧的诊断" not in text


def test_an_unsupported_statement_is_marked() -> None:
    doubted = section("a", "诊断", "血钾正常。", statement("血钾正常。", supported=False))
    assert "血钾正常。〔未见依据〕" in squeezed(text_of(rendered(content(doubted))))


def test_what_is_not_recorded_stands_where_a_reader_looks_for_it() -> None:
    empty = section("allergies", "过敏史", "")
    empty["fields"] = [field("allergies", "过敏史", None, in_text=False)]
    assert "过敏史未见记录：过敏史" in squeezed(text_of(rendered(content(empty))))


@pytest.mark.parametrize(
    "hostile",
    [
        '#read("/etc/passwd")',
        "#import sys: *",
        "*bold* _italic_ $x^2$ `raw` <label> @ref // comment /* block */",
        "#set page(width: 1cm)",
        "]]]}}} #} [",
        "\\u{41} \\ \" ' = heading",
        'https://example.org #link("x")[y]',
    ],
)
def test_markup_in_a_text_is_text(hostile: str) -> None:
    body = content(section("a", hostile, hostile, statement(hostile, quote=hostile)))
    body["result"]["document"]["title"] = hostile
    assert squeezed(text_of(rendered(body))).count(squeezed(hostile)) >= 3


def test_control_and_reordering_characters_do_not_reach_the_paper() -> None:
    text = "甲\x00\x07\x1b乙\u202e丙\u200b丁\ud800"
    body = content(section("a", "诊断", text))
    assert "甲乙丙丁" in squeezed(text_of(rendered(body)))


def test_a_word_of_five_thousand_characters_breaks_inside_the_page() -> None:
    word = "A1b2C" * 1000
    pdf = rendered(content(section("a", "诊断", word, statement(word, quote="q" * 5000))))
    width = pdf[0].get_width()
    for page in pdf:
        textpage = page.get_textpage()
        boxes = [textpage.get_charbox(i) for i in range(textpage.count_chars())]
        assert max(box[2] for box in boxes) <= width
    text = squeezed(text_of(pdf))
    assert word in re.sub(r"出院记录|示范医院", "", text) or text.count("A1b2C") >= 990


def test_a_long_document_breaks_over_pages_with_numbers_on_each() -> None:
    lines = [f"第{n}项检验结果为{n}.5 mmol/L。" for n in range(400)]
    long = section("laboratory", "实验室检查", "\n".join(lines), *(statement(x) for x in lines))
    pdf = rendered(content(long))
    pages = len(pdf)
    assert pages > 5
    text = squeezed(text_of(pdf))
    assert f"第{pages}页/共{pages}页" in text
    assert "第399项检验结果为399.5mmol/L。" in text


def test_english_documents_are_english() -> None:
    body = content(section("a", "Diagnoses", "Pneumonia."), language="en")
    text = text_of(rendered(body))
    assert "AI draft, unsigned" in text
    assert "Not signed; not a record." in text
    assert "Not recorded: allergies." in text


def test_the_font_comes_out_of_its_package() -> None:
    assert list(font_folder().glob("NotoSansSC*.ttf"))


def test_the_data_of_the_template_are_plain() -> None:
    source = PrintedDocument(content(), "示范医院", 1, HASH, AT)
    assert json.loads(json.dumps(template_data(source)))["watermark"] == "AI 草稿 未签署"
