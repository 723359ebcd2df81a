"""Text that every file and database can hold: no NUL character, no half of a surrogate pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suwen.core.errors import InputError
from suwen.core.language import Bilingual

_NOT_TEXT = Bilingual(
    zh="含有不是文字的字符（NUL 或不成对的代理字符），请删除该字符后重试。",
    en="It holds a character that is no text (NUL, or half of a surrogate pair): remove it and "
    "try again.",
)


def is_plain(text: str) -> bool:
    """Whether the text can be stored anywhere."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def place_of_unplain(value: Any, place: str = "") -> str | None:
    """Where in plain data the first text stands that cannot be stored, ``None`` when none does.

    Args:
        place: what to call the value itself; a key that is at fault is not quoted.
    """
    if isinstance(value, str):
        return None if is_plain(value) else place
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str) and not is_plain(key):
                return place or "?"
            found = place_of_unplain(item, f"{place}.{key}" if place else str(key))
            if found is not None:
                return found
    elif isinstance(value, list | tuple | set | frozenset):
        for number, item in enumerate(value):
            found = place_of_unplain(item, f"{place}[{number}]")
            if found is not None:
                return found
    return None


def require_plain(value: Any, place: str = "") -> None:
    """Refuses data that hold a text that cannot be stored.

    Raises:
        InputError: ``text_not_storable`` with the field at fault.
    """
    found = place_of_unplain(value, place)
    if found is not None:
        raise text_not_storable(found or None)


def text_not_storable(field: str | None) -> InputError:
    """The refusal of a text that cannot be stored."""
    return InputError("text_not_storable", _NOT_TEXT, field=field)
