"""Forms as they were sent: whole, in UTF-8, or refused with words that say what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote_to_bytes

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.web.doors import MEBIBYTE

MOST_FIELDS = 50
"""Fields that the form of a usual page has at most."""

_ENCODED = "application/x-www-form-urlencoded"


@asynccontextmanager
async def form_of(
    request: Request, *, files: int = 0, fields: int = MOST_FIELDS, largest: int = MEBIBYTE
) -> AsyncIterator[FormData]:
    """The form of a request, for as long as the block lasts.

    Args:
        files: most files that are taken.
        fields: most text fields.
        largest: longest text of one field, in bytes.

    Raises:
        InputError: ``form_unreadable``, ``form_not_utf8``.
    """
    body = await request.body()
    if request.headers.get("content-type", "").startswith(_ENCODED):
        _require_utf8(body)
    try:
        form = await request.form(max_files=files, max_fields=fields, max_part_size=largest)
    except HTTPException:
        raise _unreadable() from None
    try:
        for name, value in form.multi_items():
            if isinstance(value, str) and not _as_sent(value, body, request):
                raise _not_utf8(name)
        yield form
    finally:
        await form.close()


def _require_utf8(body: bytes) -> None:
    try:
        unquote_to_bytes(body).decode()
    except UnicodeDecodeError:
        raise _not_utf8(None) from None


def _as_sent(value: str, body: bytes, request: Request) -> bool:
    """Whether a text of a multipart form is what stood there; other encodings are guessed as
    Latin-1 by the reader of forms, which makes other words of them."""
    if value.isascii() or request.headers.get("content-type", "").startswith(_ENCODED):
        return True
    return value.encode("utf-8", "surrogatepass") in body


def _not_utf8(field: str | None) -> InputError:
    return InputError(
        "form_not_utf8",
        Bilingual(
            zh="文字不是 UTF-8 编码，无法正确读取，未执行。请以 UTF-8 编码发送。",
            en="The text is not encoded in UTF-8 and would be read as other words; nothing was "
            "done. Send it in UTF-8.",
        ),
        field=field,
    )


def _unreadable() -> InputError:
    return InputError(
        "form_unreadable",
        Bilingual(
            zh="表单无法读取（不完整，字段或文件过多，或单项过长），未执行。请重新打开该页面后再提交。",
            en="The form cannot be read (incomplete, too many fields or files, or one is too "
            "long) and nothing was done. Open the page again and send it once more.",
        ),
    )
