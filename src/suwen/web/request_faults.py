"""What is wrong with a program's request, in words: which field, and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi.exceptions import RequestValidationError

from suwen.core.errors import InputError
from suwen.core.language import Bilingual

_LONGEST_FIELD: Final = 200
_KINDS: Final[Mapping[str, Bilingual]] = {
    "string": Bilingual(zh="须为文字。", en="it must be a text."),
    "int": Bilingual(zh="须为整数。", en="it must be a whole number."),
    "float": Bilingual(zh="须为数字。", en="it must be a number."),
    "decimal": Bilingual(zh="须为数字。", en="it must be a number."),
    "bool": Bilingual(zh="须为 true 或 false。", en="it must be true or false."),
    "dict": Bilingual(zh="须为 JSON 对象。", en="it must be a JSON object."),
    "model": Bilingual(zh="须为 JSON 对象。", en="it must be a JSON object."),
    "list": Bilingual(zh="须为数组。", en="it must be an array."),
    "frozen": Bilingual(zh="须为数组。", en="it must be an array."),
    "set": Bilingual(zh="须为数组。", en="it must be an array."),
}
"""By the first word of a fault's name: of what kind the field must be."""

_FAULTS: Final[Mapping[str, Bilingual]] = {
    "missing": Bilingual(zh="缺少此项，请给出。", en="it is missing; give it."),
    "extra_forbidden": Bilingual(
        zh="没有这一项，请去掉。", en="there is no such field; leave it out."
    ),
    "string_too_long": Bilingual(
        zh="最多 {max_length} 个字符。", en="at most {max_length} characters."
    ),
    "string_too_short": Bilingual(
        zh="至少 {min_length} 个字符。", en="at least {min_length} characters."
    ),
    "too_long": Bilingual(zh="最多 {max_length} 个。", en="at most {max_length} entries."),
    "too_short": Bilingual(zh="至少 {min_length} 个。", en="at least {min_length} entries."),
    "greater_than_equal": Bilingual(zh="不得小于 {ge}。", en="not less than {ge}."),
    "greater_than": Bilingual(zh="须大于 {gt}。", en="more than {gt}."),
    "less_than_equal": Bilingual(zh="不得大于 {le}。", en="not more than {le}."),
    "less_than": Bilingual(zh="须小于 {lt}。", en="less than {lt}."),
    "enum": Bilingual(zh="须为其中之一：{expected}。", en="one of: {expected}."),
    "literal_error": Bilingual(zh="须为其中之一：{expected}。", en="one of: {expected}."),
    "string_pattern_mismatch": Bilingual(zh="须符合格式 {pattern}。", en="in the form {pattern}."),
}


def fault_of(error: RequestValidationError) -> InputError:
    """The first fault of a request, without anything of what was sent."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])[:_LONGEST_FIELD]
    said = _words(str(first["type"]), first.get("ctx") or {})
    return InputError(
        "request_invalid",
        Bilingual(
            zh=f"请求中的 {field} 有误：{said.zh}", en=f"{field} in the request is wrong: {said.en}"
        ),
        field=field,
    )


def _words(kind: str, limits: Mapping[str, Any]) -> Bilingual:
    """What is wrong; only limits of our own are named, never a value."""
    fault = _FAULTS.get(kind)
    if fault is not None:
        try:
            return Bilingual(zh=fault.zh.format(**limits), en=fault.en.format(**limits))
        except KeyError:
            pass
    return _KINDS.get(kind.partition("_")[0], Bilingual(zh=f"{kind}。", en=f"{kind}."))
