"""What was found in a file or a line becomes a document: text, passages, boxes, findings."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from suwen.core.knowledge import DocumentLife, IngestedDocument, Rights
from suwen.core.language import Language
from suwen.knowledge.ingestion.contract_lines import DocumentLine
from suwen.knowledge.ingestion.elements import (
    Aside,
    Block,
    BlockKind,
    Element,
    HiddenText,
    PrintedPage,
    TitleText,
)
from suwen.knowledge.ingestion.formats.page_kinds import MEDIA_TYPES, PAGED, FileKind
from suwen.knowledge.ingestion.layout import lay_out
from suwen.knowledge.ingestion.limits import ReadLimits
from suwen.knowledge.ingestion.passages import split_passages
from suwen.knowledge.ingestion.placed import ComposedText, compose, storable
from suwen.knowledge.ingestion.plain_text import structure_of
from suwen.knowledge.ingestion.refusals import RefusalCode, UnreadableFileError
from suwen.knowledge.ingestion.trust import commands, find_untrusted

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f#\\]+")
_PROGRAM_PREFIX = re.compile(r"^Microsoft (?:Word|PowerPoint|Excel)\s*-\s*", re.I)
_LONGEST_ID = 200
_LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of a file besides its content."""

    id: str
    name: str
    kind: FileKind
    content: bytes = field(repr=False)
    language: Language | None
    rights: Rights
    life: DocumentLife


def identifier_of(name: str) -> str:
    """A document's id out of the path of its file below the imported folder.

    Args:
        name: with or without the extension, parts separated by a slash.
    """
    safe = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip()
    if len(safe) <= _LONGEST_ID:
        return safe
    mark = hashlib.sha256(safe.encode()).hexdigest()[:12]
    return f"{safe[: _LONGEST_ID - 13]}-{mark}"


def document_of_line(line: DocumentLine) -> IngestedDocument:
    """The document of a contract line; its text as given, with line ends as LF."""
    blocks = structure_of(line.text)
    return IngestedDocument(
        id=line.id,
        title=line.title,
        text=line.text,
        language=line.language or language_of(line.text),
        passages=split_passages(line.text, blocks),
        rights=line.rights,
        life=line.life,
        source=line.source,
        trust_findings=find_untrusted(line.text, asides=[Aside("title", line.title)]),
    )


def document_of_text(facts: FileFacts, decoded: str, limits: ReadLimits) -> IngestedDocument:
    """The document of a plain text file.

    Raises:
        UnreadableFileError: ``text_too_long`` or ``no_text``.
    """
    text = storable(decoded)
    return _document(facts, ComposedText(text, structure_of(text), ()), [], limits)


def document_of_elements(
    facts: FileFacts, elements: Sequence[Element], limits: ReadLimits
) -> IngestedDocument:
    """The document of a file that was taken apart.

    Raises:
        UnreadableFileError: ``text_too_long`` or ``no_text``.
    """
    pages = [e for e in elements if isinstance(e, PrintedPage)]
    beside = [e for e in elements if not isinstance(e, PrintedPage | Block)]
    blocks = [e for e in elements if isinstance(e, Block)]
    if pages:
        laid_out = lay_out(pages)
        blocks = [*laid_out.blocks, *blocks]
        beside.extend(laid_out.margins)
    return _document(facts, compose(blocks), beside, limits)


def language_of(text: str) -> Language:
    """The language in which most of a text is written: a Chinese character counts as a word."""
    han = len(_HAN.findall(text))
    return Language.ZH if han and han >= len(_LATIN_WORD.findall(text)) else Language.EN


def _document(
    facts: FileFacts, composed: ComposedText, beside: Sequence[Element], limits: ReadLimits
) -> IngestedDocument:
    if not composed.text.strip():
        raise UnreadableFileError(RefusalCode.NO_TEXT)
    if len(composed.text) > limits.text_characters:
        raise UnreadableFileError(RefusalCode.TEXT_TOO_LONG)
    declared = next((e.text for e in beside if isinstance(e, TitleText)), "")
    asides = [e for e in beside if isinstance(e, Aside)]
    hidden = [e for e in beside if isinstance(e, HiddenText)]
    if declared:
        asides.append(Aside("title", declared))
    return IngestedDocument(
        id=facts.id,
        title=_title(facts, composed, declared),
        text=composed.text,
        language=facts.language or language_of(composed.text),
        passages=split_passages(composed.text, composed.blocks, composed.boxes),
        rights=facts.rights,
        life=facts.life,
        source=facts.name,
        original=facts.content if facts.kind in PAGED else None,
        media_type=MEDIA_TYPES[facts.kind],
        boxes=composed.boxes,
        trust_findings=find_untrusted(composed.text, hidden, asides),
    )


def _title(facts: FileFacts, composed: ComposedText, declared: str) -> str:
    """What the file says, else its first heading, else its name; never an order to a model."""
    first = next(
        (
            composed.text[b.start : b.end]
            for b in composed.blocks[:3]
            if b.kind is BlockKind.HEADING
        ),
        "",
    )
    for candidate in (_PROGRAM_PREFIX.sub("", declared), first.strip().lstrip("#")):
        title = " ".join(_UNSAFE.sub(" ", candidate).split())
        if 2 <= len(title) <= _LONGEST_TITLE and not commands(title):
            return title
    return PurePosixPath(facts.name).stem
