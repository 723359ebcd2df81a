"""The sentences of findings, in Chinese and English, made of what the row says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from suwen.clinical.medicines.rows import ReviewState, RuleRow
from suwen.clinical.prescription_review.patient_state import PatientState
from suwen.clinical.prescription_review.review_kinds import Kind
from suwen.core.finding import Confidence
from suwen.core.language import Bilingual

_NONE = Bilingual("", "")
_AWAITS: Final = Bilingual(
    "本条凭记忆整理，待本院药师审核；可一步忽略并注明理由。",
    "This row is from memory and awaits local review; it can be overridden in one step.",
)
_CHECKED: Final = Bilingual("本条待本院药师确认。", "This row awaits confirmation here.")


def message_of(
    row: RuleRow, written: Sequence[str], names: Sequence[Bilingual], detail: Bilingual | None
) -> Bilingual:
    """One sentence on what a row found about these drugs."""
    drugs = _named(written, names)
    return _MESSAGES[row.table](row, drugs, detail or _NONE)


def measured(row: RuleRow, kind: Kind, state: PatientState) -> Bilingual | None:
    """What a row was held against: the function of the kidney, the liver's grade, pregnancy."""
    if kind is Kind.RENAL:
        metric = row.text("metric")
        if metric == "crcl" and state.crcl is not None:
            mark = ("（以eGFR代替）", " (eGFR in its place)") if state.crcl_is_egfr else ("", "")
            value = f"{state.crcl:.0f} mL/min"
            return Bilingual(f"肌酐清除率{value}{mark[0]}", f"CrCl {value}{mark[1]}")
        if metric == "egfr" and state.egfr is not None:
            return Bilingual(f"eGFR {state.egfr:.0f}", f"eGFR {state.egfr:.0f}")
        return None
    if kind is Kind.HEPATIC:
        grade = state.facts.child_pugh
        return Bilingual(f"Child-Pugh {grade}级", f"Child-Pugh {grade}")
    return _STATES.get(kind)


_STATES: Final = {
    Kind.PREGNANCY: Bilingual("妊娠", "pregnancy"),
    Kind.LACTATION: Bilingual("哺乳", "lactation"),
}


def advice_of(row: RuleRow) -> Bilingual:
    """What to do, as the row says."""
    if row.table == "legal":
        return Bilingual(
            "修改，或注明理由并再次签名。", "Correct it, or state the reason and sign again."
        )
    if row.table == "dose_limits":
        return Bilingual("核对剂量；确需超量时注明理由并再次签名。",
                         "Verify the dose; if meant, state the reason and sign again.")  # fmt: skip
    if row.table == "duplicates":
        return Bilingual("保留其一，或注明理由。", "Keep one, or state the reason.")
    if row.table == "diseases":
        return Bilingual(
            "换药，或权衡后注明理由。", "Choose another, or weigh and state the reason."
        )
    if row.table == "reminders":
        return Bilingual(row.text("text_zh"), row.text("text_en"))
    return Bilingual(row.text("advice_zh"), row.text("advice_en"))


def explanation_of(row: RuleRow) -> Bilingual:
    """Mechanism, source and state of review."""
    why_zh = row.text("mechanism_zh") or row.text("reason_zh") or row.text("note_zh")
    why_en = row.text("mechanism_en") or row.text("reason_en") or row.text("note_en")
    source = f"{row.source.title} ({row.source.edition})"
    state = _NONE
    if row.review_state is ReviewState.AWAITING:
        state = _AWAITS if row.confidence is Confidence.FROM_MEMORY else _CHECKED
    zh = (f"{why_zh}。" if why_zh else "") + f"来源：{source}。{state.zh}"
    en = (f"{why_en}. " if why_en else "") + f"Source: {source}. {state.en}".rstrip()
    return Bilingual(zh, en)


def _named(written: Sequence[str], names: Sequence[Bilingual]) -> Bilingual:
    zh = "、".join(
        name.zh if name.zh in text else f"{text}（{name.zh}）"
        for text, name in zip(written, names, strict=True)
    )
    en = ", ".join(
        name.en if name.en.casefold() in text.casefold() else f"{text} ({name.en})"
        for text, name in zip(written, names, strict=True)
    )
    return Bilingual(zh, en)


def _pair(row: RuleRow, drugs: Bilingual, _: Bilingual) -> Bilingual:
    return Bilingual(
        f"{drugs.zh}合用：{row.text('effect_zh')}。",
        f"{drugs.en} together: {row.text('effect_en')}.",
    )


def _dose(row: RuleRow, drugs: Bilingual, detail: Bilingual) -> Bilingual:
    note_zh, note_en = row.text("note_zh"), row.text("note_en")
    return Bilingual(
        f"{drugs.zh}：{detail.zh}{f'（{note_zh}）' if note_zh else ''}。",
        f"{drugs.en}: {detail.en}{f' ({note_en})' if note_en else ''}.",
    )


def _advised(row: RuleRow, drugs: Bilingual, detail: Bilingual) -> Bilingual:
    zh, en = row.text("advice_zh"), row.text("advice_en")
    return Bilingual(
        f"{drugs.zh}：{f'{detail.zh}：' if detail.zh else ''}{zh}。",
        f"{drugs.en}: {f'{detail.en}: ' if detail.en else ''}{en}.",
    )


def _disease(row: RuleRow, drugs: Bilingual, detail: Bilingual) -> Bilingual:
    return Bilingual(
        f"{drugs.zh}不宜用于{detail.zh}：{row.text('reason_zh')}。",
        f"{drugs.en} in {detail.en}: {row.text('reason_en')}.",
    )


def _duplicate(row: RuleRow, drugs: Bilingual, _: Bilingual) -> Bilingual:
    return Bilingual(
        f"重复用药（{row.text('title_zh')}）：{drugs.zh}。",
        f"Duplicate therapy ({row.text('title_en')}): {drugs.en}.",
    )


def _legal(row: RuleRow, drugs: Bilingual, detail: Bilingual) -> Bilingual:
    before = Bilingual(f"{drugs.zh}：" if drugs.zh else "", f"{drugs.en}: " if drugs.en else "")
    after = Bilingual(
        f"（{detail.zh}）" if detail.zh else "", f" ({detail.en})" if detail.en else ""
    )
    return Bilingual(
        f"{before.zh}{row.text('text_zh')}{after.zh}。",
        f"{before.en}{row.text('text_en')}{after.en}.",
    )


def _statement(row: RuleRow, drugs: Bilingual, detail: Bilingual) -> Bilingual:
    return Bilingual(
        row.text("text_zh").replace("{drugs}", drugs.zh).replace("{detail}", detail.zh) + "。",
        row.text("text_en").replace("{drugs}", drugs.en).replace("{detail}", detail.en) + ".",
    )


_MESSAGES: Final[Mapping[str, Callable[[RuleRow, Bilingual, Bilingual], Bilingual]]] = {
    "interactions": _pair,
    "dose_limits": _dose,
    "renal": _advised,
    "hepatic": _advised,
    "pregnancy": _advised,
    "ages": _advised,
    "allergies": _advised,
    "routes": _advised,
    "diseases": _disease,
    "duplicates": _duplicate,
    "legal": _legal,
    "reminders": _legal,
    "statements": _statement,
}
