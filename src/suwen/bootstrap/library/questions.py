"""What a question must be to be looked up."""

from __future__ import annotations

from suwen.core.errors import InputError, NotFoundError
from suwen.core.language import Bilingual

LONGEST_QUERY = 4000
"""Characters of a question; a longer one is a document."""


def checked_query(query: str) -> str:
    """A question without blanks around it.

    Raises:
        InputError: ``query_missing``, ``query_too_long``, ``query_not_text``.
    """
    text = query.strip()
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _wrong_query(
            "query_not_text", "问题含有无效字符。", "The question holds invalid characters."
        ) from None
    if not text:
        raise _wrong_query("query_missing", "请输入问题。", "A question is missing.")
    if len(text) > LONGEST_QUERY:
        raise _wrong_query(
            "query_too_long",
            f"问题超过 {LONGEST_QUERY} 个字符。",
            f"The question is longer than {LONGEST_QUERY} characters.",
        )
    return text


def not_built() -> NotFoundError:
    """What is said of a collection that a reader may know of and that was never built."""
    return NotFoundError(
        "collection_not_built",
        Bilingual(
            zh="该知识库尚未构建，暂时无法检索。请先运行 suwen knowledge build。",
            en="The collection has no edition to search yet. Run suwen knowledge build first.",
        ),
        field="collection",
    )


def _wrong_query(code: str, zh: str, en: str) -> InputError:
    return InputError(code, Bilingual(zh=zh, en=en), field="query")
