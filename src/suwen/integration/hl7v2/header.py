"""The header of a message: who sent it, what it is, and whether it can be taken at all.

Source: HL7 v2.5.1, 2.15.9 (MSH) and 2.9.2.2 (what a receiver checks before it accepts).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, tzinfo

from suwen.core.language import Bilingual
from suwen.integration.hl7v2.message import Message, Segment
from suwen.integration.hl7v2.refusal import Condition, MessageRefusedError, missing, wrong_form
from suwen.integration.hl7v2.times import instant_of, zone_of

LONGEST_CONTROL_ID = 199


@dataclass(frozen=True, slots=True)
class Header:
    """What MSH says.

    Attributes:
        code: MSH-9.1, for example ``ADT``.
        event: MSH-9.2, for example ``A01``; empty when not sent.
        control_id: MSH-10; empty when not sent.
        sent_at: MSH-7 as an instant, ``None`` when not sent.
        zone: MSH-7's zone, ``None`` when it names none.
        accept: MSH-15 (``AL``, ``NE``, ``ER``, ``SU`` or empty), the accept acknowledgement.
        application: MSH-16, the application acknowledgement.
    """

    segment: Segment
    code: str
    event: str
    control_id: str
    processing: str
    version: str
    sent_at: datetime | None
    zone: tzinfo | None
    accept: str
    application: str

    @property
    def message_type(self) -> str:
        """``ADT^A01``."""
        return f"{self.code}^{self.event}" if self.event else self.code

    @property
    def asks_enhanced(self) -> bool:
        """Whether the sender asks for the enhanced acknowledgement mode."""
        return bool(self.accept or self.application)


def read_header(message: Message, site_zone: tzinfo) -> Header:
    """What the header says.

    Raises:
        MessageRefusedError: ``hl7_field_missing``, ``hl7_data_type`` or
            ``hl7_version_unsupported``.
    """
    msh = message.header
    code = msh.text(9)
    if not code:
        raise missing("MSH-9", rejected=True)
    control_id = msh.text(10)
    if len(control_id) > LONGEST_CONTROL_ID:
        raise wrong_form(
            "MSH-10",
            f"至多 {LONGEST_CONTROL_ID} 个字符的编号",
            f"an id of at most {LONGEST_CONTROL_ID} characters",
        )
    sent = msh.text(7)
    zone = zone_of(sent) if sent else None
    sent_at = instant_of(sent, zone or site_zone) if sent else None
    if sent and sent_at is None:
        raise wrong_form("MSH-7", "真实存在的时间", "a time that exists, such as 20240531083000")
    version = msh.text(12)
    if not version:
        raise missing("MSH-12", rejected=True)
    if not version.startswith("2."):
        raise MessageRefusedError(
            "hl7_version_unsupported",
            Bilingual(
                zh="MSH-12：只接受 HL7 2.x 版本。", en="MSH-12: only versions 2.x are taken."
            ),
            "MSH-12",
            Condition.UNSUPPORTED_VERSION,
        )
    return Header(
        segment=msh,
        code=code,
        event=msh.text(9, 2),
        control_id=control_id,
        processing=msh.text(11),
        version=version,
        sent_at=sent_at,
        zone=zone,
        accept=msh.text(15),
        application=msh.text(16),
    )


def identity_of(header: Header, body: bytes) -> str:
    """By which a message is known again: MSH-10, else the content itself."""
    return header.control_id or f"sha256:{hashlib.sha256(body).hexdigest()}"
