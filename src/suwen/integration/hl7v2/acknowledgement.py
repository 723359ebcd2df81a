"""Acknowledgements: what a sender is told, in the original and in the enhanced mode.

Source: HL7 v2.5.1, 2.9.2 (original mode), 2.9.3 (enhanced mode), 2.15.8 (MSA), 2.15.5 (ERR).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from suwen.integration.hl7v2.delimiters import STANDARD, Delimiters
from suwen.integration.hl7v2.header import Header
from suwen.integration.hl7v2.message import Message, Segment
from suwen.integration.hl7v2.refusal import CONDITION_TEXTS, MessageRefusedError
from suwen.integration.hl7v2.times import hl7_time

_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\.(\d+))?)?")


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer to one message; an empty list is silence, as the sender asked.

    Attributes:
        frames: messages to send back, in order.
        code: the code of the first of them, or of what would have been said.
    """

    frames: list[str]
    code: str


def wants(condition: str, code: str) -> bool:
    """Whether a sender with this condition in MSH-15 or MSH-16 wants this code.

    Source: table 0155: ``AL`` always, ``NE`` never, ``ER`` errors and rejects only, ``SU`` success
    only; empty is never, in the enhanced mode.
    """
    good = code in ("AA", "CA")
    return {"AL": True, "ER": not good, "SU": good}.get(condition, False)


def acknowledgement(
    header: Segment | None, code: str, refusal: MessageRefusedError | None, at: datetime
) -> str:
    """An ACK message, with the sender's own separators; CR after each segment.

    Args:
        header: the message's MSH; ``None`` when it could not be read at all.
        code: AA, AE, AR, CA, CE or CR.
    """
    marks = header.delimiters if header is not None else STANDARD
    control_id = header.raw(10) if header is not None else ""
    f, c, r, e, s = (
        marks.field,
        marks.component,
        marks.repetition,
        marks.escape,
        marks.subcomponent,
    )
    event = header.text(9, 2) if header is not None else ""
    kind = c.join(["ACK", marks.escaped(event), "ACK"]) if event else "ACK"
    parties = [header.raw(n) for n in (5, 6, 3, 4)] if header is not None else ["", "", "", ""]
    processing = (header.raw(11) if header is not None else "") or "P"
    version = (header.text(12) if header is not None else "") or "2.5.1"
    own_id = blake2b(
        f"{control_id}\x1f{code}\x1f{at.isoformat()}".encode(), digest_size=10
    ).hexdigest()
    lines = [
        f.join(
            [
                "MSH",
                f"{c}{r}{e}{s}",
                *parties,
                hl7_time(at),
                "",
                kind,
                own_id,
                processing,
                version,
                *([""] * 5),
                header.raw(18) if header is not None else "",
            ]
        ).rstrip(f),
        f.join(["MSA", code, control_id]),
    ]
    if refusal is not None:
        lines.append(_error(refusal, marks))
    return "\r".join(lines) + "\r"


def _error(refusal: MessageRefusedError, marks: Delimiters) -> str:
    """ERR segment: place, condition, severity, and what to do, without any of the message."""
    c, f = marks.component, marks.field
    place = _PLACE.match(refusal.where)
    location = (
        c.join([place[1], place[2] or "1", place[3] or "", "", place[4] or ""]) if place else ""
    )
    condition = c.join([refusal.condition, CONDITION_TEXTS[refusal.condition], "HL70357"])
    application = c.join([refusal.code, "", "SUWEN"])
    text = marks.escaped(refusal.safe_message.en)
    return f.join(["ERR", "", location.rstrip(c), condition, "E", application, "", "", text])


def read_acknowledgement(message: Message) -> tuple[str, str, str]:
    """Code, control id of the message acknowledged, and the place of its error, of an ACK received.

    The place is empty without one; the code is empty when there is no MSA.
    """
    msa = message.first("MSA")
    if msa is None:
        return "", "", ""
    err = message.first("ERR")
    where = ""
    if err is not None:
        parts = err.components(2)
        name = parts[0] if parts else ""
        where = f"{name}-{parts[2]}" if len(parts) > 2 and parts[2] else name
        if not re.fullmatch(r"[A-Z][A-Z0-9]{2}(-\d{1,3})?", where):
            where = ""
    return msa.text(1).strip().upper(), msa.text(2), where


def replies(
    segment: Segment | None,
    header: Header | None,
    refusal: MessageRefusedError | None,
    mode: str,
    at: datetime,
) -> Reply:
    """What to send back for a message that is durable (or refused) by now.

    Args:
        segment: its MSH; ``None`` when there was none to be read.
        header: what MSH says; ``None`` when that could not be read.
        refusal: why its content cannot be used, ``None`` when it can.
        mode: ``original``, ``enhanced``, or ``as_message``: enhanced where MSH-15 or MSH-16 ask.
    """
    code = refusal.acknowledgement if refusal is not None else "AA"
    enhanced = header is not None and (
        mode == "enhanced" or (mode == "as_message" and header.asks_enhanced)
    )
    if header is None or not enhanced:
        return Reply([acknowledgement(segment, code, refusal, at)], code)
    frames = []
    # Taken into custody is accepted, even where the content has an error of its own.
    accepted = "CR" if code == "AR" else "CA"
    asked = header.accept or ("AL" if mode == "enhanced" else "")
    if wants(asked, accepted):
        told = refusal if accepted == "CR" else None
        frames.append(acknowledgement(segment, accepted, told, at))
    if accepted == "CA" and wants(header.application, code):
        frames.append(acknowledgement(segment, code, refusal, at))
    return Reply(frames, accepted if frames else "")
