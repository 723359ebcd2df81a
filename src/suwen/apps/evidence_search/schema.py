"""What is asked of the library: strict, drives the form, the API and the batch form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from suwen.appkit import Bilingual, InputError, Language

MAX_QUERY = 1_000
MAX_PASSAGES = 50

# A text with a null character is none that a database could keep.
_TEXT = r"^[^\x00]*[^\x00\s][^\x00]*$"
_Query = Annotated[str, Field(min_length=1, max_length=MAX_QUERY, pattern=_TEXT)]


class EarlierQuestion(BaseModel):
    """A question that was asked before this one in the same conversation."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    query: _Query


class EvidenceSearchRequest(BaseModel):
    """A question to one collection of the library.

    Attributes:
        query: the question, 1 to 1,000 characters.
        collection: which collection to search.
        k: most passages to show, 1 to 50.
        language: language of what is written around the sources; by default the question's.
        history: earlier questions of the conversation, oldest first, so that a follow-up that
            leaves its subject out is understood.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    query: _Query = Field(repr=False)
    collection: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
    k: Annotated[int, Field(ge=1, le=MAX_PASSAGES)] = 10
    language: Annotated[Language, Field(strict=False)] | None = None
    history: Annotated[list[EarlierQuestion], Field(max_length=10)] = Field(
        default_factory=list, repr=False
    )


def parse_request(request: Mapping[str, Any]) -> EvidenceSearchRequest:
    """The request, checked.

    Raises:
        InputError: ``request_invalid`` with the field at fault; its value is not repeated.
    """
    try:
        return EvidenceSearchRequest.model_validate(dict(request))
    except ValidationError as error:
        raise _invalid(error) from None


_SAYS = {
    "query": Bilingual(
        zh=f"请输入 1 至 {MAX_QUERY} 字的问题。", en=f"Ask in 1 to {MAX_QUERY} characters."
    ),
    "collection": Bilingual(
        zh="请给出资料库名称（小写字母、数字、_ 与 -）。",
        en="Name a collection (lower-case letters, digits, _ and -).",
    ),
    "k": Bilingual(
        zh=f"必须是 1 至 {MAX_PASSAGES} 的整数。", en=f"Must be an integer of 1 to {MAX_PASSAGES}."
    ),
    "language": Bilingual(zh="必须是 zh 或 en。", en="Must be zh or en."),
    "history": Bilingual(
        zh='必须是最多 10 条 {"query": "…"}。', en='Must be at most 10 of {"query": "…"}.'
    ),
}


def _invalid(error: ValidationError) -> InputError:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    path = ".".join(str(part) for part in first["loc"]) or "request"
    said = _SAYS.get(path.partition(".")[0])
    if first["type"] == "extra_forbidden" or said is None:
        said = Bilingual(zh="没有此字段。", en="There is no such field.")
    return InputError(
        "request_invalid", Bilingual(zh=f"{path}：{said.zh}", en=f"{path}: {said.en}"), field=path
    )
