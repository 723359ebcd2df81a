"""What the routes of the API for programs are asked with: who, where, how much, in which form."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, model_validator

from suwen.core.plain_text import require_plain
from suwen.web.guard import Visitor, visitor_of
from suwen.web.pages import Web, web_of


class Strict(BaseModel):
    """A body without fields that nobody asked for, and without texts that cannot be stored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        require_plain(value)
        return value


def _web(request: Request) -> Web:
    return web_of(request)


def _visitor(request: Request) -> Visitor:
    return visitor_of(request)


WebPart = Annotated[Web, Depends(_web)]
Person = Annotated[Visitor, Depends(_visitor)]
Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
