"""Tokens of sessions, and whose session one is."""

from __future__ import annotations

import base64
import hashlib
import secrets

from suwen.control.access.purposes import purpose_of
from suwen.core.errors import AuthenticationError
from suwen.core.identity import Channel, PatientId, Principal, Purpose
from suwen.core.language import Bilingual
from suwen.storage.people import Person

ENDED = Bilingual(zh="登录已失效，请重新登录。", en="The session has ended; sign in again.")


def token_hash(token: str) -> str:
    """What is stored of a token: its SHA-256; the token has 256 random bits, so that suffices."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token(patient: PatientId | None) -> str:
    """A token for a new session, of one patient or of any."""
    token = secrets.token_urlsafe(32)
    if patient is None:
        return token
    # The stored hash covers it, so that nobody can exchange the patient.
    return f"{token}.{base64.urlsafe_b64encode(patient.encode()).decode()}"


def patient_of(token: str) -> PatientId:
    """The patient whom a launched session is for.

    Raises:
        AuthenticationError: ``session_ended`` when the token names none.
    """
    _, _, named = token.partition(".")
    try:
        patient = base64.urlsafe_b64decode(named).decode()
    except ValueError:
        patient = ""
    if not patient:
        raise AuthenticationError("session_ended", ENDED)
    return PatientId(patient)


def principal_of(
    person: Person,
    channel: Channel,
    purpose: Purpose | None,
    launched_for: PatientId | None = None,
) -> Principal:
    """The person as they act in a session.

    Raises:
        AccessError: ``purpose_not_permitted``.
    """
    return Principal(
        id=person.id,
        name=person.name,
        roles=person.roles,
        departments=person.departments,
        purpose=purpose_of(person.roles, purpose),
        channel=channel,
        launched_for=launched_for,
    )
