"""Reading what a patient's or an operator's form sent."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import UploadFile
from starlette.requests import Request

from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.core.plain_text import require_plain

MOST_FIELDS = 50
_ENCODED = "application/x-www-form-urlencoded"
_UNREADABLE = "\ufffd"
"""What stands for bytes that are no UTF-8: words that nobody can read are not answered."""


async def fields_of(request: Request) -> Mapping[str, str]:
    """The text fields of a form; no file is taken.

    Raises:
        InputError: ``text_not_storable``, ``field_wrong``.
    """
    encoded = request.headers.get("content-type", "").startswith(_ENCODED)
    # As browsers send it every byte is a letter of ASCII; others would be read as other words.
    if encoded and not (await request.body()).isascii():
        raise _wrong("text")
    form = await request.form(max_files=0, max_fields=MOST_FIELDS)
    found: dict[str, str] = {}
    for name, value in form.items():
        if isinstance(value, UploadFile):
            raise _wrong(name)
        require_plain(name, "field")
        require_plain(value, name)
        if _UNREADABLE in value:
            raise _wrong(name)
        found[name] = value.strip()
    await form.close()
    return found


def number_of(fields: Mapping[str, str], name: str, most: float) -> float | None:
    """A number of a form, 0 to ``most``; ``None`` where the field is empty.

    Raises:
        InputError: ``field_wrong``.
    """
    text = fields.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise _wrong(name) from None
    if not 0 <= value <= most:
        raise _wrong(name)
    return value


def choice_of(fields: Mapping[str, str], name: str, choices: frozenset[str]) -> str | None:
    """One of the choices; ``None`` where the field is empty.

    Raises:
        InputError: ``field_wrong``.
    """
    text = fields.get(name, "")
    if not text:
        return None
    if text not in choices:
        raise _wrong(name)
    return text


def _wrong(name: str) -> InputError:
    return InputError(
        "field_wrong",
        Bilingual(zh="填写的内容有误，请检查。", en="Something that you filled in is not right."),
        field=name,
    )
