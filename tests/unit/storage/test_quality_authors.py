"""Whose account an author is: the number decides, a name only where one account alone bears it."""

from __future__ import annotations

import pytest

from suwen.storage.quality_authors import Author, account_of, author_of

PEOPLE = (
    ("dr.lin", "林怀瑾", "p-1"),
    ("dr.lin2", "林怀瑾", "p-2"),
    ("dr.he", "何知远", None),
    ("dr.gu", "顾长风", "p-4"),
    ("dr.twice", "叶舟", "p-5"),
    ("dr.again", "叶舟", "p-5"),
)


@pytest.mark.parametrize(
    ("author", "account"),
    [
        (Author("林怀瑾", ("p-2",)), "dr.lin2"),
        (Author("写错的名字", ("p-4",)), "dr.gu"),
        (Author("顾长风"), "dr.gu"),
        (Author("何知远", ("p-9",)), "dr.he"),
        (Author("林怀瑾"), None),
        (Author("林怀瑾", ("p-9",)), None),
        (Author("顾长风", ("p-9",)), None),
        (Author("叶舟", ("p-5",)), None),
        (Author("无此人"), None),
        (Author(None, ("p-9",)), None),
    ],
)
def test_an_account_is_surely_the_author_or_nobody_is(author: Author, account: str | None) -> None:
    assert account_of(author, PEOPLE) == account


def test_a_document_that_names_nobody_has_no_author() -> None:
    assert author_of({"author": None, "author_ids": []}) is None
    assert author_of({"author": "林怀瑾"}) == Author("林怀瑾")
    assert author_of({"author": None, "author_ids": ["7"]}) == Author(None, ("7",))
