"""Reading what a form or a script sent: strict, with the field that is at fault."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any, TypeVar

from starlette.datastructures import UploadFile
from starlette.requests import Request

from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.core.plain_text import require_plain
from suwen.web.form_bodies import form_of
from suwen.web.json_bodies import read_json_body

ChoiceT = TypeVar("ChoiceT", bound=StrEnum)
YEARS = range(1900, 2200)
"""In which years a day that somebody writes may lie; anything else is a slip of the hand."""


_BETWEEN_CODES = re.compile(r"[\s,，、;；]+")


class Form:
    """The text fields of a submitted form."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, *, longest: int = 200) -> str:
        """A field's text without surrounding blanks, empty when absent.

        Raises:
            InputError: ``field_too_long``, ``text_not_storable``.
        """
        value = self._values.get(name, "").strip()
        require_plain(value, name)
        if len(value) > longest:
            raise InputError(
                "field_too_long",
                Bilingual(zh=f"最多 {longest} 个字符。", en=f"At most {longest} characters."),
                field=name,
            )
        return value

    def names(self) -> tuple[str, ...]:
        """The fields that were sent."""
        return tuple(self._values)

    def secret(self, name: str, *, longest: int = 1024) -> str:
        """A password exactly as typed; too long a one cannot be right and is cut."""
        return self._values.get(name, "")[:longest]

    def needed(self, name: str, *, longest: int = 200) -> str:
        """A field's text that must not be empty.

        Raises:
            InputError: ``field_missing``, ``field_too_long``.
        """
        value = self.text(name, longest=longest)
        if not value:
            raise InputError(
                "field_missing", Bilingual(zh="请填写此项。", en="Fill this in."), field=name
            )
        return value

    def choice(self, name: str, kind: type[ChoiceT]) -> ChoiceT:
        """One of a closed set.

        Raises:
            InputError: ``field_wrong``.
        """
        try:
            return kind(self.text(name))
        except ValueError:
            listed = ", ".join(member.value for member in kind)
            raise InputError(
                "field_wrong",
                Bilingual(zh=f"须为：{listed}。", en=f"Must be one of: {listed}."),
                field=name,
            ) from None

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number within bounds.

        Raises:
            InputError: ``field_wrong``.
        """
        value = self.text(name)
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise InputError(
                "field_wrong",
                Bilingual(
                    zh=f"须为 {low}–{high} 的整数。", en=f"Must be a whole number {low}–{high}."
                ),
                field=name,
            )
        return int(value)

    def day(self, name: str) -> date | None:
        """A day, ``None`` when empty.

        Raises:
            InputError: ``date_wrong``.
        """
        return self.needed_day(name) if self.text(name) else None

    def needed_day(self, name: str) -> date:
        """A day that must not be empty.

        Raises:
            InputError: ``field_missing``, ``date_wrong``.
        """
        try:
            found = date.fromisoformat(self.needed(name))
        except ValueError:
            raise _no_date(name) from None
        if found.year not in YEARS:
            raise _no_date(name)
        return found

    def moment(self, name: str, zone: tzinfo) -> datetime | None:
        """An instant, ``None`` when empty; without an offset of its own it is of ``zone``.

        Raises:
            InputError: ``date_wrong``.
        """
        return self.needed_moment(name, zone) if self.text(name) else None

    def needed_moment(self, name: str, zone: tzinfo) -> datetime:
        """An instant that must not be empty; without an offset of its own it is of ``zone``.

        Raises:
            InputError: ``field_missing``, ``date_wrong``.
        """
        try:
            found = datetime.fromisoformat(self.needed(name))
        except ValueError:
            raise _no_moment(name) from None
        if found.year not in YEARS:
            raise _no_moment(name)
        return found if found.tzinfo else found.replace(tzinfo=zone)

    def period(self, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
        """From which instant on and before which one: the fields ``since`` and ``until``, both
        days within the period, each ``None`` when empty.

        Raises:
            InputError: ``date_wrong``, ``period_wrong``.
        """
        first, last = self.day("since"), self.day("until")
        if first is not None and last is not None and last < first:
            raise InputError(
                "period_wrong",
                Bilingual(
                    zh="结束日期早于开始日期，请对调或改正。",
                    en="The last day is before the first; swap or correct them.",
                ),
                field="until",
            )
        begin = None if first is None else datetime.combine(first, time(), zone)
        after = None if last is None else last + timedelta(days=1)
        return begin, None if after is None else datetime.combine(after, time(), zone)


def _no_date(field: str) -> InputError:
    words = Bilingual(
        zh="日期须为 YYYY-MM-DD，如 2026-01-31。",
        en="A date is written YYYY-MM-DD, such as 2026-01-31.",
    )
    return InputError("date_wrong", words, field=field)


def _no_moment(field: str) -> InputError:
    words = Bilingual(
        zh="请填写日期和时间，如 2026-01-31 08:30。",
        en="Give date and time, such as 2026-01-31 08:30.",
    )
    return InputError("date_wrong", words, field=field)


async def read_form(request: Request) -> Form:
    """The text fields of the request's form."""
    async with form_of(request) as form:
        return Form({name: value for name, value in form.items() if isinstance(value, str)})


async def read_codes(request: Request, name: str) -> frozenset[str]:
    """The codes of a field that may be ticked and typed several times over, however separated.

    Raises:
        InputError: ``text_not_storable``.
    """
    async with form_of(request) as form:
        typed = [value for value in form.getlist(name) if isinstance(value, str)]
    require_plain(typed, name)
    return frozenset(code for text in typed for code in _BETWEEN_CODES.split(text) if code)


async def read_upload(request: Request, name: str) -> tuple[str, bytes]:
    """Name and bytes of an uploaded file.

    Raises:
        InputError: ``file_missing``.
    """
    file_name, data, _form = await read_upload_form(request, name)
    return file_name, data


async def read_upload_form(request: Request, name: str) -> tuple[str, bytes, Form]:
    """Name and bytes of an uploaded file, and the text fields beside it.

    Raises:
        InputError: ``file_missing``.
    """
    async with form_of(request, files=1) as form:
        texts = Form({key: value for key, value in form.items() if isinstance(value, str)})
        upload = form.get(name)
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise InputError(
                "file_missing", Bilingual(zh="请选择文件。", en="Choose a file."), field=name
            )
        return upload.filename, await upload.read(), texts


async def read_json(request: Request) -> dict[str, Any]:
    """The JSON object of the request.

    Raises:
        InputError: as ``read_json_body``, ``json_not_an_object`` or ``text_not_storable``.
    """
    value = read_json_body(await request.body())
    if not isinstance(value, dict):
        raise InputError(
            "json_not_an_object", Bilingual(zh="须为 JSON 对象。", en="Must be a JSON object.")
        )
    require_plain(value)
    return value
