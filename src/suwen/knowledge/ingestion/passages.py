"""A document cut into passages: whole sentences, whole rows, never across a section's border."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from suwen.core.knowledge import PageBox, PassageKind, PassageSpan
from suwen.knowledge.ingestion.elements import BlockKind
from suwen.knowledge.ingestion.placed import PlacedBlock
from suwen.knowledge.ingestion.sentences import Sentence, sentences_of, weight

LONGEST = 350.0
"""Weight of the longest passage: 350 Chinese characters or 200 English words."""
USUAL = 280.0
SHORT = 60.0
"""A section lighter than this is read together with the next one, where both fit."""
_LONGEST_ROW = 4 * LONGEST
_ROWS = frozenset({BlockKind.TABLE_HEADER, BlockKind.TABLE_ROW})


@dataclass(slots=True)
class _Section:
    """Blocks below one path of headings; ``headings`` are those right above its first block."""

    path: tuple[str, ...]
    headings: list[PlacedBlock] = field(default_factory=list)
    blocks: list[PlacedBlock] = field(default_factory=list)
    mass: float = 0.0

    @property
    def has_rows(self) -> bool:
        return any(b.kind in _ROWS for b in self.blocks)


@dataclass(frozen=True, slots=True)
class _Cut:
    start: int
    end: int
    kind: PassageKind
    section: tuple[str, ...]
    table_header: str | None = None


def split_passages(
    text: str, blocks: Sequence[PlacedBlock], boxes: Sequence[PageBox] = ()
) -> tuple[PassageSpan, ...]:
    """The passages of a document in order, without overlap, holding all but white space.

    Args:
        blocks: the document's blocks in order, holding all of ``text`` but white space.
        boxes: where stretches of the text stand on pages, ordered by start.
    """
    cuts: list[_Cut] = []
    for section in _joined(_sections(text, blocks)):
        cuts.extend(_cut_section(text, section))
    starts = [box.start for box in boxes]
    return tuple(
        PassageSpan(
            ordinal=number,
            start=cut.start,
            end=cut.end,
            kind=cut.kind,
            section=cut.section,
            table_header=cut.table_header,
            page=_page_at(boxes, starts, cut.start),
        )
        for number, cut in enumerate(cuts)
    )


def _page_at(boxes: Sequence[PageBox], starts: list[int], offset: int) -> int | None:
    if not boxes:
        return None
    return boxes[max(0, bisect.bisect_right(starts, offset) - 1)].page


def _sections(text: str, blocks: Sequence[PlacedBlock]) -> list[_Section]:
    sections = [_Section(())]
    stack: list[tuple[int, str]] = []
    for block in blocks:
        if block.kind is not BlockKind.HEADING:
            sections[-1].blocks.append(block)
            sections[-1].mass += weight(text[block.start : block.end])
            continue
        while stack and stack[-1][0] >= block.level:
            stack.pop()
        stack.append((block.level, _heading_words(text[block.start : block.end])))
        path = tuple(words for _, words in stack)
        # A heading right below a heading opens no section of its own.
        if sections[-1].blocks or not sections[-1].headings:
            sections.append(_Section(path))
        sections[-1].path = path
        sections[-1].headings.append(block)
        sections[-1].mass += weight(text[block.start : block.end])
    return [s for s in sections if s.blocks or s.headings]


def _heading_words(heading: str) -> str:
    return " ".join(heading.strip().lstrip("#").strip().rstrip(":：").split())


def _joined(sections: list[_Section]) -> list[_Section]:
    """Very short sections together with the next one, under the headings that both share."""
    joined: list[_Section] = []
    for section in sections:
        before = joined[-1] if joined else None
        if (
            before is not None
            and min(before.mass, section.mass) < SHORT
            and before.mass + section.mass <= LONGEST
            and not before.has_rows
            and not section.has_rows
        ):
            before.blocks.extend((*section.headings, *section.blocks))
            before.mass += section.mass
            before.path = _shared(before.path, section.path)
        else:
            joined.append(section)
    return joined


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """What two paths have in common; the former path where they share nothing."""
    shared = []
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared.append(a)
    return tuple(shared) or one


def _cut_section(text: str, section: _Section) -> list[_Cut]:
    cuts: list[_Cut] = []
    run = list(section.headings)
    table: list[PlacedBlock] = []
    for block in section.blocks:
        if block.kind in _ROWS:
            if run:
                cuts.extend(_cut_text(text, run, section.path))
                run = []
            if table and table[-1].table != block.table:
                cuts.extend(_cut_table(text, table, section.path))
                table = []
            table.append(block)
        else:
            if table:
                cuts.extend(_cut_table(text, table, section.path))
                table = []
            run.append(block)
    if table:
        cuts.extend(_cut_table(text, table, section.path))
    if run:
        cuts.extend(_cut_text(text, run, section.path))
    return cuts


def _cut_text(text: str, run: list[PlacedBlock], path: tuple[str, ...]) -> list[_Cut]:
    kind = (
        PassageKind.HEADING if all(b.kind is BlockKind.HEADING for b in run) else PassageKind.TEXT
    )
    pieces: list[Sentence] = []
    for block in run:
        found = sentences_of(text, block.start, block.end, LONGEST)
        if block.kind is BlockKind.HEADING:
            found = [Sentence(s.start, s.end, s.weight) for s in found]
        pieces.extend(found)
    return [_Cut(a, b, kind, path) for a, b in _packed(pieces)]


def _packed(pieces: list[Sentence]) -> list[tuple[int, int]]:
    """Neighbouring sentences together, the passages of about the same weight."""
    if not pieces:
        return []
    left = sum(p.weight for p in pieces)
    goal = _goal(left)
    packs: list[list[Sentence]] = [[pieces[0]]]
    mass = pieces[0].weight
    for before, piece in itertools.pairwise(pieces):
        full = mass + piece.weight > LONGEST
        enough = mass + piece.weight / 2 > goal or (before.ends_paragraph and mass >= 0.8 * goal)
        if full or (enough and left > LONGEST):
            packs.append([])
            left -= mass
            goal = _goal(left)
            mass = 0.0
        packs[-1].append(piece)
        mass += piece.weight
    last = sum(p.weight for p in packs[-1])
    if len(packs) > 1 and last < SHORT and sum(p.weight for p in packs[-2]) + last <= LONGEST:
        tail = packs.pop()
        packs[-1].extend(tail)
    return [(pack[0].start, pack[-1].end) for pack in packs]


def _goal(left: float) -> float:
    """Weight that the next passage should have, so that the last one is no remnant."""
    return left if left <= LONGEST else left / math.ceil(left / USUAL)


def _cut_table(text: str, rows: list[PlacedBlock], path: tuple[str, ...]) -> list[_Cut]:
    """Whole rows together; only a row longer than four passages is cut, at its sentences."""
    heads = [r for r in rows if r.kind is BlockKind.TABLE_HEADER]
    header = "\n".join(text[h.start : h.end].strip() for h in heads) or None
    cuts: list[_Cut] = []
    start: int | None = None
    end, mass = 0, 0.0
    for row in rows:
        row_mass = weight(text[row.start : row.end])
        if start is not None and mass + row_mass > LONGEST:
            cuts.append(_Cut(start, end, PassageKind.TABLE, path, header))
            start, mass = None, 0.0
        if row_mass > _LONGEST_ROW:
            pieces = sentences_of(text, row.start, row.end, LONGEST)
            cuts.extend(_Cut(a, b, PassageKind.TABLE, path, header) for a, b in _packed(pieces))
            continue
        start, end = (row.start if start is None else start), row.end
        mass += row_mass
    if start is not None:
        cuts.append(_Cut(start, end, PassageKind.TABLE, path, header))
    return [_trimmed(text, cut) for cut in cuts]


def _trimmed(text: str, cut: _Cut) -> _Cut:
    start, end = cut.start, cut.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return _Cut(start, end, cut.kind, cut.section, cut.table_header)
