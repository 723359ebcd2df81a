"""Left and right that contradict between the documents of a stay."""

from __future__ import annotations

from collections.abc import Iterator

from suwen.appkit import Bilingual
from suwen.apps.record_quality.checks.organ_sides import Frame, wrong_sides
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.stay import Stay
from suwen.language.laterality import Side

_WORDS = {Side.LEFT: Bilingual("左", "left"), Side.RIGHT: Bilingual("右", "right")}


def side_defects(stay: Stay) -> Iterator[Defect]:
    """Mentions of the other side of a part of the body than the rest of the stay names.

    Both sides must have the same thing, or the wrong one must be operated or treated now. What
    the patient had before, what is denied, the healthy side, and what the record tells of both
    sides are left alone.

    Source: 病历质控常见缺陷 C03 (collected from memory).
    """
    for wrong, right in wrong_sides(stay):
        yield _defect(wrong, right)


def _defect(wrong: Frame, right: Frame) -> Defect:
    one, other = _WORDS[wrong.side], _WORDS[right.side]
    return Defect(
        "RQ-C05",
        Bilingual(
            zh=f"{title_of(wrong.paper).zh}写“{wrong.paper.quote(wrong.span)}”（{one.zh}），"
            f"{title_of(right.paper).zh}写“{right.paper.quote(right.span)}”（{other.zh}）。",
            en=f"{title_of(wrong.paper).en} says “{wrong.paper.quote(wrong.span)}” ({one.en}), "
            f"{title_of(right.paper).en} says “{right.paper.quote(right.span)}” ({other.en}).",
        ),
        document=wrong.paper,
        span=wrong.span,
        evidence=(seen(wrong.paper, wrong.span), seen(right.paper, right.span)),
    )
