"""How a damaged FHIR unit is refused: where, what is wrong, how to mend; no patient text."""

from __future__ import annotations

from suwen.core.errors import InputError
from suwen.core.language import Bilingual


def refused(code: str, path: str, zh: str, en: str, **detail: str | int) -> InputError:
    """An error that names the element at fault.

    Args:
        path: dotted path of element names and indices, for example
            ``Bundle.entry[3].resource.status``; never a value of the record.
    """
    return InputError(
        code,
        Bilingual(zh=f"{path}：{zh}" if path else zh, en=f"{path}: {en}" if path else en),
        field=path or None,
        detail=detail,
    )
