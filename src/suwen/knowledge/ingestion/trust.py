"""What in a document tries to hide or to command: each is a reason to let a person look first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from suwen.core.knowledge import TrustFinding
from suwen.core.language import Bilingual
from suwen.knowledge.ingestion.elements import Aside, HiddenText
from suwen.knowledge.ingestion.steering_patterns import PROGRAM_CODE, STEERING
from suwen.language.instruction_like import find_instruction_like
from suwen.language.instruction_patterns import InstructionKind

_M = Bilingual
_HIDDEN_MESSAGES = {
    "white_on_white": _M("与背景同色的文字", "text in the colour of what is behind it"),
    "transparent_text": _M("透明文字", "transparent text"),
    "invisible_text": _M("不显示的文字层", "text that is never drawn"),
    "covered_text": _M("被遮盖的文字", "text that something covers"),
    "tiny_text": _M("小到无法看见的文字", "text too small to be seen"),
    "off_page_text": _M("页面之外的文字", "text outside the page"),
    "hidden_run": _M("设为隐藏的文字", "text set to be hidden"),
    "hidden_element": _M("网页中不显示的文字", "text that the page does not show"),
}
_PLACES = {
    "comment": _M("注释", "a comment"),
    "metadata": _M("文件属性", "the file's properties"),
    "attribute": _M("图片说明或链接标题", "a caption or the title of a link"),
    "text_layer": _M("扫描页的文字层", "the text layer of a scanned page"),
    "margin": _M("页眉或页脚", "a page header or footer"),
    "deleted": _M("修订中已删除的内容", "a deletion that is still in the file"),
    "undisplayed": _M("网页中不显示的部分", "a part of the page that is not shown"),
    "title": _M("标题", "the title"),
}
_MARKS_OF_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNSEEN = "\u200b-\u200d\u2060-\u2064\ufeff\u00ad\u180e"
_UNSEEN_RUN = re.compile(f"[{_UNSEEN}]{{4,}}|[\U000e0000-\U000e007f]+")
_UNSEEN_IN_NUMBER = re.compile(f"(?<=[0-9.])[{_UNSEEN}]+(?=[0-9.%])")
_UNSEEN_IN_WORD = re.compile(f"(?<=[A-Za-z\u3400-\u9fff])[{_UNSEEN}]+(?=[A-Za-z\u3400-\u9fff])")
# Text copied from the web holds a few of them; so many inside words are there for a purpose.
_MANY_IN_WORDS = 8
_BLOB = re.compile(r"(?<!\S)\S{90,}(?!\S)")
# Marks that encodings use and formulas and addresses do not.
_BLOB_MARKS = re.compile(r"[~`!@$;'\"{}\\?#]")
_MOST_FINDINGS = 50


def find_untrusted(
    text: str, hidden: Sequence[HiddenText] = (), asides: Sequence[Aside] = ()
) -> tuple[TrustFinding, ...]:
    """All that makes a document wait for a person, at most 50 findings; empty where nothing does.

    Args:
        text: the document's stored text; findings in it carry their place.
        hidden: text that was left out, since nobody who reads the file sees it.
        asides: text beside the document's own, which is never stored.
    """
    found = [*_hidden_findings(hidden)]
    for aside in asides:
        if commands(aside.text):
            place = _PLACES[aside.place]
            found.append(
                TrustFinding(
                    f"instruction_in_{aside.place}",
                    _M(
                        f"{place.zh}中含有针对模型的指令文字。",
                        f"There are orders to a model in {place.en}.",
                    ),
                )
            )
    found.extend(_character_findings(text))
    found.extend(_instruction_findings(text))
    found.extend(_steering_findings(text))
    return tuple(dict.fromkeys(found))[:_MOST_FINDINGS]


def commands(text: str) -> bool:
    """Whether a text gives orders to a model or steers whoever answers from it."""
    return bool(find_instruction_like(text)) or any(p.search(text) for p in STEERING)


def _hidden_findings(hidden: Iterable[HiddenText]) -> Iterable[TrustFinding]:
    """One finding for each rule and page."""
    counts: dict[tuple[str, int | None], int] = {}
    for piece in hidden:
        if characters := len("".join(piece.text.split())):
            key = (piece.rule, piece.page)
            counts[key] = counts.get(key, 0) + characters
    for (rule, page), characters in counts.items():
        words = _HIDDEN_MESSAGES[rule]
        zh_place, en_place = (f"第 {page} 页", f"Page {page}: ") if page else ("", "")
        yield TrustFinding(
            rule,
            _M(
                f"{zh_place}有{words.zh}（{characters} 个字符），未收入正文。",
                f"{en_place}{words.en}, {characters} characters; left out of the document.",
            ),
        )


def _character_findings(text: str) -> Iterable[TrustFinding]:
    for match in _MARKS_OF_DIRECTION.finditer(text):
        yield TrustFinding(
            "bidi_control_characters",
            _M(
                "含有改变文字方向的不可见字符，显示的内容可能与实际不同。",
                "There are unseen characters that turn the direction of writing: what is shown may "
                "not be what is there.",
            ),
            *match.span(),
        )
        break
    in_words = list(_UNSEEN_IN_WORD.finditer(text))
    for match in (
        *list(_UNSEEN_RUN.finditer(text))[:1],
        *list(_UNSEEN_IN_NUMBER.finditer(text))[:1],
        *(in_words[:1] if len(in_words) >= _MANY_IN_WORDS else ()),
    ):
        yield TrustFinding(
            "zero_width_characters",
            _M(
                "含有零宽等不可见字符，可能藏有内容或改变数字。",
                "There are zero-width characters, which may carry hidden text or change a number.",
            ),
            *match.span(),
        )
        break


def _instruction_findings(text: str) -> Iterable[TrustFinding]:
    for hit in find_instruction_like(text):
        if hit.kind is InstructionKind.HIDDEN_CHARACTERS:
            yield TrustFinding(
                "zero_width_characters",
                _M(
                    "含有藏有内容的不可见字符。",
                    "There are unseen characters that carry hidden text.",
                ),
                hit.span.start,
                hit.span.end,
            )
            continue
        yield TrustFinding(
            f"instruction_like.{hit.kind.value}",
            _M("含有疑似针对模型的指令文字。", "There is text that looks like orders to a model."),
            hit.span.start,
            hit.span.end,
        )


def _steering_findings(text: str) -> Iterable[TrustFinding]:
    for pattern in STEERING:
        for match in pattern.finditer(text):
            yield TrustFinding(
                "steering_sentence",
                _M(
                    "有语句试图左右回答、摘要或检索结果。",
                    "A sentence tries to steer answers, summaries or search results.",
                ),
                *match.span(),
            )
    for match in PROGRAM_CODE.finditer(text):
        yield TrustFinding(
            "program_code",
            _M("含有程序代码。", "There is program code in it."),
            *match.span(),
        )
    for match in _BLOB.finditer(text):
        blob = match.group()
        if blob.isascii() and len(set(_BLOB_MARKS.findall(blob))) >= 4 and "http" not in blob:
            yield TrustFinding(
                "encoded_blob",
                _M("含有无法阅读的编码内容。", "There is an encoded stretch that nobody can read."),
                *match.span(),
            )
