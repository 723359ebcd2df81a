"""What a launch is asked by and leads to, how an address is signed, and what is refused."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from suwen.control.access.sign_in_types import SignedIn
from suwen.core.errors import AccessError, AuthenticationError, InputError
from suwen.core.identity import PatientId
from suwen.core.language import Bilingual

FORM: Final = "suwen-launch-1"
SIGNED_FIELDS: Final = (
    "client",
    "patient",
    "patient_identifier",
    "encounter",
    "practitioner",
    "account",
    "timestamp",
    "nonce",
)
"""What a system signs, in this order; a field that it does not use counts as empty."""


@dataclass(frozen=True, slots=True)
class LaunchWish:
    """Whom another system wants to open, and for whom.

    Attributes:
        patient: id of the patient here, or ``patient_identifier`` as the record states it; one.
        encounter: id of an encounter of this patient.
        practitioner: id of the person's Practitioner resource, or ``account`` here; one.
    """

    patient: str | None = None
    patient_identifier: str | None = field(default=None, repr=False)
    encounter: str | None = None
    practitioner: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedLaunch:
    """A one-time token, shown only here."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedLaunch:
    """A session that began, and the patient whom it is for."""

    session: SignedIn
    patient: PatientId
    encounter: str | None


def signature_of(secret: bytes, query: Mapping[str, str]) -> str:
    """HMAC-SHA256 of the fields' values, each on a line of its own after the form's name."""
    lines = [FORM, *(query.get(name, "") for name in SIGNED_FIELDS)]
    if any("\n" in line or "\r" in line for line in lines):
        raise signature_wrong()
    message = "\n".join(lines).encode("utf-8", "surrogatepass")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def launch_over() -> AuthenticationError:
    """A token or address that opens nothing any more, or never did."""
    return AuthenticationError(
        "launch_over",
        Bilingual(
            zh="此链接已用过或已过期（只能打开一次，一分钟内有效）。请回到医院系统重新打开该患者。",
            en="This link was used before or has expired: it opens once, within a minute. Go back "
            "to the hospital's system and open the patient again.",
        ),
    )


def person_barred() -> AuthenticationError:
    """An account that may not be used."""
    return AuthenticationError(
        "launch_person_barred",
        Bilingual(
            zh="您在本系统的账号不可用，无法打开。请联系安全管理员。",
            en="Your account here cannot be used, so nothing was opened. Ask the security "
            "administrator.",
        ),
    )


def signature_wrong() -> AuthenticationError:
    """An address that the named system did not sign."""
    return AuthenticationError(
        "launch_signature_wrong",
        Bilingual(
            zh="链接的签名不正确，未打开。请联系信息科核对签名密钥与签名格式。",
            en="The signature of this link is wrong, so nothing was opened. The IT department "
            "compares the secret and the form of what is signed.",
        ),
    )


def signed_not_taken() -> AccessError:
    """A system that may not sign addresses."""
    return AccessError(
        "signed_launch_not_taken",
        Bilingual(
            zh="本系统未开放由该系统签名的链接。",
            en="Links signed by that system are not taken here.",
        ),
    )


def field_wrong(name: str) -> InputError:
    """A launch that does not say whom it means."""
    return InputError(
        "launch_field_wrong",
        Bilingual(
            zh=f"{name} 有误：患者给出 patient 或 patient_identifier 之一，"
            "人员给出 practitioner 或 account 之一；timestamp 为 Unix 秒，"
            "nonce 为 16–128 个字母数字。",
            en=f"{name} is wrong: state one of patient and patient_identifier, one of practitioner "
            "and account; timestamp in Unix seconds, nonce of 16 to 128 letters and digits.",
        ),
        field=name,
    )
