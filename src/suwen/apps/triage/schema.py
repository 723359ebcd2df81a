"""What a patient's chat sends: strict, drives the form, the API and the batch form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from suwen.appkit import Bilingual, InputError, Language

MAX_TEXT = 2_000
MAX_MESSAGES = 60


class Message(BaseModel):
    """One message of the chat."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    role: Literal["patient", "assistant"]
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT, pattern=r"^[^\x00]*$")] = Field(
        repr=False
    )


class TriageRequest(BaseModel):
    """A chat so far.

    Attributes:
        messages: oldest first.
        age_y: age in years, may be fractional; ``None`` is not known.
        pregnant: ``None`` is not known.
        language: of the answer; by default that of the patient's last message.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    messages: Annotated[list[Message], Field(min_length=1, max_length=MAX_MESSAGES)]
    age_y: Annotated[float, Field(ge=0, le=130, strict=False)] | None = None
    sex: Literal["male", "female", "other", "unknown"] | None = None
    pregnant: bool | None = None
    language: Annotated[Language, Field(strict=False)] | None = None

    @property
    def said(self) -> tuple[str, ...]:
        """What the patient wrote, oldest first."""
        return tuple(m.text for m in self.messages if m.role == "patient")

    @property
    def asked(self) -> tuple[str, ...]:
        """What was asked of the patient."""
        return tuple(m.text for m in self.messages if m.role == "assistant")


def parse_request(request: Mapping[str, Any]) -> TriageRequest:
    """The request, checked.

    Raises:
        InputError: ``request_invalid`` with the field at fault; its value is not repeated.
    """
    try:
        return TriageRequest.model_validate(dict(request))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        path = ".".join(str(part) for part in first["loc"]) or "request"
        raise InputError(
            "request_invalid",
            Bilingual(zh=f"{path} 不符合要求。", en=f"{path} is not as it must be."),
            field=path,
        ) from None
