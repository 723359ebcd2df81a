"""What a document or collection must be to be stored; anything else is refused with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from suwen.core.errors import InputError
from suwen.core.knowledge import DocumentLife, IngestedDocument, Rights
from suwen.core.language import Bilingual
from suwen.storage.knowledge_types import NewCollection, RefusedDocument

MOST_CHARACTERS = 16_000_000
"""Of one document's text; a longer one is not a document that somebody reads."""

LONGEST_NAME = 300
_COLLECTION = re.compile(r"[a-z0-9_-]{1,60}")
_LEAST, _MOST = 1, 5

_FAULTS = {
    "document_id_unusable": Bilingual(
        zh=f"文档编号须为 1 至 {LONGEST_NAME} 个可显示字符，首尾无空格。",
        en=f"A document's id must be 1 to {LONGEST_NAME} printable characters, without a blank at "
        "either end.",
    ),
    "title_missing": Bilingual(zh="文档没有标题。", en="The document has no title."),
    "text_missing": Bilingual(zh="文档没有文字。", en="The document has no text."),
    "text_too_long": Bilingual(
        zh=f"文档超过 {MOST_CHARACTERS} 个字符。",
        en=f"The document is longer than {MOST_CHARACTERS} characters.",
    ),
    "text_not_storable": Bilingual(
        zh="文档含有无法保存的字符（不是有效的 Unicode 文本）。",
        en="The document holds characters that cannot be stored (not valid Unicode text).",
    ),
    "passages_unusable": Bilingual(
        zh="文档的段落划分与文字不符。", en="The document's passages do not fit its text."
    ),
    "sensitivity_out_of_range": Bilingual(
        zh="敏感级别须为 1 至 5 的整数。", en="A sensitivity must be a whole number from 1 to 5."
    ),
    "dates_contradict": Bilingual(
        zh="文档的失效日期不晚于生效日期。",
        en="The document expires no later than it takes effect.",
    ),
    "supersedes_itself": Bilingual(
        zh="文档不能取代其自身。", en="A document cannot supersede itself."
    ),
}


def check_document(given: IngestedDocument) -> RefusedDocument | None:
    """Why a document cannot be stored; ``None`` when it can."""
    code = next(_document_faults(given), None)
    if code is None:
        return None
    shown = given.id if is_document_id(given.id) else ""
    return RefusedDocument(shown, code, _FAULTS[code])


def check_collection(given: NewCollection) -> None:
    """Refuses a collection that cannot be stored.

    Raises:
        InputError: ``collection_id_unusable``, ``title_missing``, ``text_not_storable``,
            ``sensitivity_out_of_range``.
    """
    if not _COLLECTION.fullmatch(given.id):
        raise InputError(
            "collection_id_unusable",
            Bilingual(
                zh="知识库编号须由 1 至 60 个小写字母、数字、下划线或连字符组成。",
                en="A collection's id must be 1 to 60 lower-case letters, digits, underscores or "
                "hyphens.",
            ),
            field="collection",
        )
    titles = (given.title.zh, given.title.en)
    if not all(title.strip() for title in titles):
        raise input_fault("title_missing", "title")
    if not _storable([*titles, given.owner]):
        raise input_fault("text_not_storable", "title")
    check_rights(given.rights)


def check_rights(rights: Rights) -> None:
    """Refuses rights that cannot be stored.

    Raises:
        InputError: ``sensitivity_out_of_range``, ``text_not_storable``.
    """
    if not _right_sensitivity(rights):
        raise input_fault("sensitivity_out_of_range", "sensitivity")
    if not _storable(rights.departments):
        raise input_fault("text_not_storable", "department")


def check_life(document_id: str, life: DocumentLife) -> None:
    """Refuses a document's life that cannot be stored.

    Raises:
        InputError: ``dates_contradict``, ``supersedes_itself``, ``text_not_storable``.
    """
    if _dates_contradict(life):
        raise input_fault("dates_contradict", "expires")
    if life.supersedes == document_id:
        raise input_fault("supersedes_itself", "supersedes")
    if not _storable(_life_texts(life)):
        raise input_fault("text_not_storable", "life")


def input_fault(code: str, field: str) -> InputError:
    """One of the faults above as an error, where one thing is set by hand."""
    return InputError(code, _FAULTS[code], field=field)


def _document_faults(given: IngestedDocument) -> Iterator[str]:
    life = given.life
    if not is_document_id(given.id):
        yield "document_id_unusable"
    if not given.title.strip():
        yield "title_missing"
    if not given.text.strip():
        yield "text_missing"
    if len(given.text) > MOST_CHARACTERS:
        yield "text_too_long"
    if not _storable(_texts(given)):
        yield "text_not_storable"
    if not _passages_fit(given):
        yield "passages_unusable"
    if not _right_sensitivity(given.rights):
        yield "sensitivity_out_of_range"
    if _dates_contradict(life):
        yield "dates_contradict"
    if life.supersedes == given.id:
        yield "supersedes_itself"


def _texts(given: IngestedDocument) -> Iterator[str | None]:
    yield from (given.id, given.title, given.text, given.source, given.media_type)
    yield from _life_texts(given.life)
    yield from given.rights.departments
    for span in given.passages:
        yield from span.section
        yield span.table_header


def _life_texts(life: DocumentLife) -> tuple[str | None, ...]:
    return (life.issuer, life.grade, life.study_type, life.supersedes, life.owner)


def _dates_contradict(life: DocumentLife) -> bool:
    if life.effective is None or life.expires is None:
        return False
    return life.expires <= life.effective


def _storable(texts: Iterable[str | None]) -> bool:
    """Whether each is Unicode without NUL, which a database's text cannot hold."""
    for text in texts:
        if text is None:
            continue
        if "\0" in text:
            return False
        try:
            text.encode()
        except UnicodeEncodeError:
            return False
    return True


def is_collection_id(text: str) -> bool:
    """Whether a collection can have this id."""
    return _COLLECTION.fullmatch(text) is not None


def is_document_id(text: str) -> bool:
    """Whether a document can have this id."""
    return 0 < len(text) <= LONGEST_NAME and text.isprintable() and text == text.strip()


def _passages_fit(given: IngestedDocument) -> bool:
    length = len(given.text)
    ordinals = {span.ordinal for span in given.passages}
    return len(ordinals) == len(given.passages) and all(
        0 <= span.start < span.end <= length and span.ordinal >= 0 for span in given.passages
    )


def _right_sensitivity(rights: Rights) -> bool:
    return _LEAST <= rights.sensitivity <= _MOST
