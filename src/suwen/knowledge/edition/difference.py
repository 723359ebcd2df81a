"""What one edition has that another has not."""

from __future__ import annotations

from dataclasses import dataclass

from suwen.core.knowledge import EditionInfo
from suwen.knowledge.edition.opened import Edition


@dataclass(frozen=True, slots=True)
class EditionDifference:
    """What changed from one edition to another; document ids ascending.

    Attributes:
        changed: documents of which content, rights, life or passages differ.
        same: how many documents are equal in both.
        passages_kept: how many passages of the later one stand in the earlier one too.
        passages_new: how many do not.
        passages_gone: how many of the earlier one the later one no longer has.
    """

    earlier: EditionInfo
    later: EditionInfo
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    same: int
    passages_kept: int
    passages_new: int
    passages_gone: int


def compare(earlier: Edition, later: Edition) -> EditionDifference:
    """The difference between two editions of a collection."""
    before = dict(zip(earlier.document_ids, earlier.document_hashes, strict=True))
    after = dict(zip(later.document_ids, later.document_hashes, strict=True))
    both = before.keys() & after.keys()
    changed = sorted(name for name in both if before[name] != after[name])
    old = [digest.tobytes() for digest in earlier.passage_hashes]
    new = [digest.tobytes() for digest in later.passage_hashes]
    old_set, new_set = set(old), set(new)
    kept = sum(digest in old_set for digest in new)
    return EditionDifference(
        earlier=earlier.info,
        later=later.info,
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(changed),
        same=len(both) - len(changed),
        passages_kept=kept,
        passages_new=len(new) - kept,
        passages_gone=sum(digest not in new_set for digest in old),
    )
