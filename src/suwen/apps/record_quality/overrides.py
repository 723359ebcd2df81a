"""What a hospital's rows make of the tables, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from suwen.appkit import Bilingual
from suwen.apps.record_quality.book import own_book
from suwen.apps.record_quality.findings import rules
from suwen.core.errors import ConfigurationError

_Text = Annotated[str, Field(min_length=1, max_length=400)]


def _known_rule(value: str) -> str:
    if value not in rules():
        raise ValueError("there is no such rule")
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError("not a regular expression") from error
    return value


_Rule = Annotated[str, AfterValidator(_known_rule)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Limit(_Strict):
    """The new limit of one document."""

    id: _Rule
    days: Annotated[int, Field(ge=0, le=366)] | None = None
    hours: Annotated[int, Field(ge=0, le=8784)] | None = None
    minutes: Annotated[int, Field(ge=0, le=527040)] | None = None


class _RulePoints(_Strict):
    """Points or veto of a rule."""

    id: _Rule
    points: Annotated[float, Field(ge=0, le=100, strict=False)]
    veto: str | None = None


class _GradeForm(_Strict):
    """A grade of the hospital's scale, best first."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,8}$")]
    zh: _Text
    en: _Text
    at_least: Annotated[float, Field(ge=0, le=100, strict=False)]


class _Kind(_Strict):
    """Points of each finding of a kind and the most of them."""

    points: Annotated[float, Field(ge=0, le=100, strict=False)]
    most: Annotated[float, Field(ge=0, le=100, strict=False)] | None = None


class _Forbidden(_Strict):
    """A further abbreviation that is not allowed."""

    find: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_pattern)]
    zh: _Text
    en: _Text


class _Changes(_Strict):
    """All changes of the tables.

    Attributes:
        source: the hospital's own rule: title and edition.
        reviewed_by: who answers for the changes.
    """

    source: _Text
    reviewed_by: _Text
    limits: list[_Limit] = []
    intervals: dict[str, Annotated[int, Field(ge=1, le=60)]] = {}
    disabled: list[_Rule] = []
    rules: list[_RulePoints] = []
    grades: list[_GradeForm] = []
    kinds: dict[str, _Kind] = {}
    allowed: list[_Text] = []
    forbidden: list[_Forbidden] = []


def parse_overrides(changes: Mapping[str, Any]) -> dict[str, Any]:
    """A hospital's changes, checked; every part is there, empty where nothing changes.

    Raises:
        ConfigurationError: ``hospital_rules_invalid`` with the field at fault.
    """
    try:
        read = _Changes.model_validate(dict(changes))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _wrong(".".join(str(p) for p in first["loc"]), str(first["msg"])) from None
    unknown = set(read.kinds) - set(own_book().scheme.kinds)
    if unknown:
        raise _wrong(f"kinds.{sorted(unknown)[0]}", "there is no such kind")
    if read.grades and sorted((g.at_least for g in read.grades), reverse=True) != [
        g.at_least for g in read.grades
    ]:
        raise _wrong("grades", "best first, at_least falling")
    body = read.model_dump()
    body["limits"] = {row.id: row.model_dump() for row in read.limits}
    return body


def _wrong(field: str, what: str) -> ConfigurationError:
    return ConfigurationError(
        "hospital_rules_invalid",
        Bilingual(
            zh=f"本院的病历质控规则，{field}：{what}。",
            en=f"The hospital's rules of record quality, {field}: {what}.",
        ),
        field=field,
    )
