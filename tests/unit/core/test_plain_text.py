"""A text that no database holds is found, with its place."""

from __future__ import annotations

import pytest

from suwen.core.errors import InputError
from suwen.core.plain_text import is_plain, place_of_unplain, require_plain


@pytest.mark.parametrize("text", ["", "plain", "两行\n一表\t", "𠮷\U0010ffff", "\x01\x7f"])
def test_what_can_be_stored_is_plain(text: str) -> None:
    assert is_plain(text)
    require_plain({"a": [text]})


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "张\udfff"])
def test_what_cannot_is_refused_with_its_place(text: str) -> None:
    assert not is_plain(text)
    data = {"a": 1, "list": ["fine", {"name": text}], "later": text}
    assert place_of_unplain(data) == "list[1].name"
    with pytest.raises(InputError) as refused:
        require_plain(data, "request")
    assert (refused.value.code, refused.value.field) == (
        "text_not_storable",
        "request.list[1].name",
    )


def test_a_name_of_a_field_is_text_too_and_is_not_quoted() -> None:
    assert place_of_unplain({"a": {"\0x": 1}}) == "a"
