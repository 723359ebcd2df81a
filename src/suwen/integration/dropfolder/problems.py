"""Why a whole file is refused: one error with the place in the file, never with what it says."""

from __future__ import annotations

from suwen.core.errors import FileRefusedError
from suwen.core.language import Bilingual


def refused(
    code: str, zh: str, en: str, *, row: int | None = None, column: str | None = None
) -> FileRefusedError:
    """The refusal of a file.

    Args:
        row: line of a CSV file, or row of a worksheet, from 1.
        column: name of the column at fault.
    """
    where = f"row {row}" if row is not None else None
    if column is not None:
        where = f"{where}, {column}" if where else column
    place_zh = (f"第 {row} 行" if row is not None else "") + (f"列 {column}" if column else "")
    place_en = ", ".join(
        part for part in (f"row {row}" if row is not None else "", column or "") if part
    )
    place_zh = f"{place_zh}：" if place_zh else ""
    place_en = f"{place_en[:1].upper()}{place_en[1:]}: " if place_en else ""
    return FileRefusedError(
        code,
        Bilingual(zh=f"{place_zh}{zh}", en=f"{place_en}{en}"),
        field=where,
        detail={} if row is None else {"row": row},
    )
