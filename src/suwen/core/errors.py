"""The one tree of errors, and the one table of what each means at every door.

A finding is a return value; an exception means that the work could not be done. ``safe_message``
and ``detail`` never carry patient text: they go to logs, screens and audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from suwen.core.language import Bilingual


class SuwenError(Exception):
    """The work could not be done, for a reason that the person asking can be told.

    Args:
        code: stable identifier in snake_case, for example ``no_inpatient_encounter``.
        message: what happened and how to mend it, in both languages, without patient text.
        field: dotted path of the input at fault, where one is.
        detail: technical facts for the operator, without patient text.
    """

    category = "internal"
    retryable = False

    def __init__(
        self,
        code: str,
        message: Bilingual,
        *,
        field: str | None = None,
        detail: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.safe_message = message
        self.field = field
        self.detail = dict(detail or {})


class ConfigurationError(SuwenError):
    """A setting is wrong or unsafe; the platform refuses to start or to go on."""

    category = "configuration"


class UnavailableError(SuwenError):
    """Something that is needed (database, engine, package mirror) does not answer."""

    category = "unavailable"
    retryable = True


class InputError(SuwenError):
    """What was given is wrong: names the field and how to mend it."""

    category = "input"


class NotFoundError(InputError):
    """The named thing does not exist, or may not be known to the one who asks."""

    category = "not_found"


class ConflictError(InputError):
    """Somebody else changed the thing meanwhile, or its state does not allow the act."""

    category = "conflict"


class AuthenticationError(SuwenError):
    """It is not known who asks."""

    category = "authentication"


class AccessError(SuwenError):
    """It is known who asks, and policy does not allow it."""

    category = "access"


class QuotaError(SuwenError):
    """A program has used up what its key allows for now; ``retry_after_s`` in the detail."""

    category = "quota"
    retryable = True


class PreconditionError(SuwenError):
    """A clinical precondition is missing, so that the application refuses (never invents)."""

    category = "precondition"


class DataNotObtainedError(PreconditionError):
    """Nothing is known of what is asked about: no data came with the request or could be read."""

    category = "data_not_obtained"


class PrivacyError(SuwenError):
    """A record would pass a route that is not cleared for its data class."""

    category = "privacy"


class GuardrailError(SuwenError):
    """A guardrail refused the input or the output."""

    category = "guardrail"


class RoutingError(SuwenError):
    """No endpoint is eligible for this call."""

    category = "routing"


class GovernanceError(SuwenError):
    """The Release may not run: disabled, suspended or without its gate."""

    category = "governance"


class AuditError(SuwenError):
    """The audit cannot be written or does not verify; nothing may happen without it."""

    category = "audit"


class InferenceError(SuwenError):
    """An endpoint failed, answered wrongly or took too long."""

    category = "inference"
    retryable = True


class IntegrationError(SuwenError):
    """A hospital system or a message of one could not be handled."""

    category = "integration"


class FileRefusedError(IntegrationError):
    """A file that a hospital's system handed over cannot be taken as it is."""


class KnowledgeError(SuwenError):
    """A document, an edition or an index of the hospital's library cannot be used."""

    category = "knowledge"


class ClinicalDataError(InputError):
    """A clinical value is malformed; it is refused, never guessed."""

    category = "clinical_data"


@dataclass(frozen=True, slots=True)
class ErrorMeaning:
    """What a category of error means at every door."""

    http_status: int
    exit_status: int
    audit_outcome: str
    batch_status: str


ERROR_MEANINGS: Mapping[str, ErrorMeaning] = {
    "configuration": ErrorMeaning(500, 2, "failed", "error"),
    "unavailable": ErrorMeaning(503, 4, "failed", "error"),
    "input": ErrorMeaning(422, 2, "failed", "error"),
    "clinical_data": ErrorMeaning(422, 2, "failed", "error"),
    "not_found": ErrorMeaning(404, 2, "failed", "error"),
    "conflict": ErrorMeaning(409, 2, "failed", "error"),
    "authentication": ErrorMeaning(401, 3, "refused", "refused"),
    "access": ErrorMeaning(403, 3, "refused", "refused"),
    "quota": ErrorMeaning(429, 4, "refused", "refused"),
    "precondition": ErrorMeaning(409, 3, "refused", "refused"),
    "data_not_obtained": ErrorMeaning(412, 3, "failed", "refused"),
    "privacy": ErrorMeaning(403, 3, "refused", "refused"),
    "guardrail": ErrorMeaning(403, 3, "refused", "refused"),
    "routing": ErrorMeaning(503, 4, "failed", "refused"),
    "governance": ErrorMeaning(403, 3, "refused", "refused"),
    "audit": ErrorMeaning(503, 4, "failed", "error"),
    "inference": ErrorMeaning(502, 4, "failed", "error"),
    "integration": ErrorMeaning(502, 4, "failed", "error"),
    "knowledge": ErrorMeaning(422, 2, "failed", "error"),
    "internal": ErrorMeaning(500, 70, "failed", "error"),
}


def meaning_of(error: SuwenError) -> ErrorMeaning:
    """HTTP status, exit status, audit outcome and batch status of an error."""
    return ERROR_MEANINGS[error.category]
