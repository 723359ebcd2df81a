"""OBX and NTE: what was observed, exactly as it was sent.

Source: HL7 v2.5.1, 7.4.2 (OBX), 2.15.10 (NTE).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from suwen.integration.hl7v2.delimiters import STANDARD
from suwen.integration.hl7v2.mapping import datatypes as d
from suwen.integration.hl7v2.mapping import tables
from suwen.integration.hl7v2.mapping.context import Mapping, Resource, reference_to
from suwen.integration.hl7v2.mapping.systems import LOINC, TERMINOLOGY
from suwen.integration.hl7v2.message import NULL, Segment
from suwen.integration.hl7v2.refusal import missing, not_in_table, wrong_form
from suwen.integration.hl7v2.times import fhir_clock, fhir_time

OBX = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 11, 14, 16, 17, 19, 23})
NTE = frozenset({1, 2, 3})

CATEGORY = f"{TERMINOLOGY}/observation-category"
_V3_INTERPRETATION = f"{TERMINOLOGY}/v3-ObservationInterpretation"
_USUAL = frozenset({"NM", "ST", "TX", "CE", "CWE"})
_TEXTS = frozenset({"ST", "TX", "FT", "IS", "ID", "SI"})
_CODED = frozenset({"CE", "CWE", "CNE", "CF"})
_TIMES = frozenset({"TS", "DTM", "DT"})
_FLAGS: dict[str, Resource] = {
    code: {"coding": [{"system": _V3_INTERPRETATION, "code": code, "display": display}]}
    for code, display in tables.INTERPRETATIONS.items()
}
_INTERVAL = re.compile(r"\s*(-?[\d.]+)\s*(?:-|–|—|~|～|--|to)\s*(-?[\d.]+)\s*(.*)")
_STRUCTURED = {"<": "<", ">": ">", "<=": "<=", ">=": ">=", "=": ""}


def map_observation(
    segment: Segment, m: Mapping, key: tuple[str, ...], moment: str | None
) -> Resource:
    """Observation of an OBX.

    Args:
        key: what names the group it belongs to: the report or order, else the message.
        moment: time of the group, where the OBX has none.

    Raises:
        MessageRefusedError: at OBX-3, OBX-2, OBX-5, OBX-11 or OBX-14.
    """
    subject = m.patient_reference(segment)
    fields = segment.fields
    marks = segment.delimiters
    raw = _first(segment, 3)
    code = m.channel.once("code", raw, marks, d.concept) if raw else None
    if code is None:
        raise missing(segment.where(3))
    stated = fields[11] if len(fields) > 11 else ""
    status = tables.OBSERVATION_STATUS.get(stated)
    if status is None:
        status = tables.OBSERVATION_STATUS.get(segment.text(11).strip().upper())
    if status is None:
        raise not_in_table(segment.where(11), "HL70085")
    own = m.moment(segment, 14) if len(fields) > 14 else None
    observation = m.new("Observation", subject["reference"], *key, raw, segment.text(4))
    observation["status"] = status
    observation["code"] = code
    observation["subject"] = subject
    if m.visit is not None:
        observation["encounter"] = m.visit
    if own or moment:
        observation["effectiveDateTime"] = own or moment
    _value(segment, m, observation)
    _judgement(segment, m, observation)
    if len(fields) > 16:
        _origin(segment, m, observation)
    m.add(observation)
    m.leave_out(segment, OBX)
    return observation


def _first(segment: Segment, number: int) -> str:
    """Raw first repetition of a field; empty when absent or null."""
    value = segment.raw(number)
    mark = segment.delimiters.repetition
    if mark in value:
        value = value.split(mark, 1)[0]
    return "" if value == NULL else value


def set_category(observation: Resource, m: Mapping, section: str) -> None:
    """Category by the section of the service, by the site's declaration, or by a vital sign's code.

    Args:
        section: OBR-24, empty when not sent.
    """
    category = tables.SECTION_CATEGORY.get(section) or m.channel.mapping.file.observation_category
    for coding in observation["code"].get("coding", ()):
        if coding["code"] in tables.VITAL_SIGNS and coding.get("system") == LOINC:
            category = "vital-signs"
    if category:
        observation["category"] = [{"coding": [{"system": CATEGORY, "code": category}]}]


def note_text(segment: Segment) -> str:
    """Text of an NTE, its repetitions as lines."""
    parts = segment.raw(3).split(segment.delimiters.repetition)
    return "\n".join(segment.delimiters.unescape(p) for p in parts if p != '""').rstrip()


def _value(segment: Segment, m: Mapping, observation: Resource) -> None:
    fields = segment.fields
    if len(fields) < 6 or fields[5] in ("", NULL):
        return
    kind = fields[2]
    if kind not in _USUAL:
        kind = segment.text(2).strip().upper()
    if not kind:
        raise missing(segment.where(2))
    if kind in _TEXTS:
        text = _lines(segment)
        if text.strip():
            observation["valueString"] = text
        return
    raw_unit = _first(segment, 6) if len(fields) > 6 else ""
    unit = m.channel.once("unit", raw_unit, segment.delimiters, d.unit_of) if raw_unit else None
    if kind == "NM" and segment.delimiters.repetition not in fields[5]:
        observation.update(_number(segment.text(5).strip(), unit) or {})
        return
    found = [_one(kind, one, segment, m, unit) for one in segment.repetitions(5)]
    values = [one for one in found if one]
    if len(values) == 1:
        observation.update(values[0])
    elif values:
        observation["component"] = [{"code": observation["code"], **one} for one in values]


def _one(
    kind: str, components: list[str], segment: Segment, m: Mapping, unit: Resource | None
) -> dict[str, Any] | None:
    marks = segment.delimiters
    if kind == "NM":
        return _number(d.text_of(components, 1, marks), unit)
    if kind == "SN":
        return _structured_number(components, segment, unit)
    if kind in _CODED:
        concept = d.concept(components, marks, m.names)
        return {"valueCodeableConcept": concept} if concept else None
    first = d.text_of(components, 1, marks)
    if kind in _TIMES:
        written = fhir_time(first, m.zone)
        return {"valueDateTime": m.checked(written, segment, 5)} if first else None
    if kind == "TM":
        return {"valueTime": m.checked(fhir_clock(first), segment, 5)} if first else None
    if kind == "NR":
        return _range(components, segment, unit)
    if kind in ("ED", "RP"):
        return _attachment(kind, components, segment, m)
    if kind == "CQ":
        own = d.unit_of(_subs(components, 2, segment), marks, m.names)
        return _number(first, own or unit)
    text = " ".join(
        t for n in range(1, len(components) + 1) if (t := d.text_of(components, n, marks))
    )
    return {"valueString": text} if text else None


def _subs(components: list[str], number: int, segment: Segment) -> list[str]:
    if number > len(components):
        return []
    return components[number - 1].split(segment.delimiters.subcomponent)


def _number(text: str, unit: Resource | None) -> dict[str, Any] | None:
    """A number, a bound such as ``<0.05``, or the words that stand in its place."""
    if not text:
        return None
    value = d.number_of(text)
    if value is not None:
        return {"valueQuantity": d.quantity(value, unit)}
    compared = d.compared_number(text)
    if compared is not None:
        return {"valueQuantity": d.quantity(compared[1], unit, compared[0])}
    return {"valueString": text}


def _structured_number(
    components: list[str], segment: Segment, unit: Resource | None
) -> dict[str, Any] | None:
    """Source: 2.A.70 (SN)."""
    marks = segment.delimiters
    comparator = d.text_of(components, 1, marks)
    first, mark, second = (d.text_of(components, n, marks) for n in (2, 3, 4))
    low = d.number_of(first)
    high = d.number_of(second) if second else None
    if low is not None and not mark and comparator in ("", *_STRUCTURED):
        return {"valueQuantity": d.quantity(low, unit, _STRUCTURED.get(comparator, ""))}
    if low is not None and high is not None and not comparator:
        if mark == "-":
            return {"valueRange": {"low": d.quantity(low, unit), "high": d.quantity(high, unit)}}
        if mark in (":", "/"):
            return {
                "valueRatio": {
                    "numerator": d.quantity(low, unit),
                    "denominator": d.quantity(high, None),
                }
            }
    text = f"{comparator}{first}{mark}{second}"
    return {"valueString": text} if text else None


def _range(components: list[str], segment: Segment, unit: Resource | None) -> dict[str, Any] | None:
    low, high = (d.number_of(d.text_of(components, n, segment.delimiters)) for n in (1, 2))
    found = {
        name: d.quantity(value, unit)
        for name, value in (("low", low), ("high", high))
        if value is not None
    }
    return {"valueRange": found} if found else None


def _attachment(
    kind: str, components: list[str], segment: Segment, m: Mapping
) -> dict[str, Any] | None:
    """A document inside a result: it becomes a DocumentReference that the observation rests on."""
    attachment = attachment_of(kind, components, segment)
    if attachment is None:
        return None
    subject = m.patient_reference(segment)
    content = attachment.get("data") or attachment.get("url") or ""
    document = m.new("DocumentReference", subject["reference"], "result", str(content))
    document.update(
        {"status": "current", "subject": subject, "content": [{"attachment": attachment}]}
    )
    if concept := m.concept(segment, 3):
        document["type"] = concept
    m.add(document)
    return {"derivedFrom": [{"reference": reference_to(document)}]}


def attachment_of(kind: str, components: list[str], segment: Segment) -> Resource | None:
    """Attachment of an ED or RP value. Source: 2.A.24 (ED), 2.A.63 (RP), table 0299.

    Raises:
        MessageRefusedError: ``hl7_data_type`` when the data are not in the encoding that is named.
    """
    marks = segment.delimiters
    major, minor = (d.text_of(components, n, marks) for n in ((2, 3) if kind == "ED" else (3, 4)))
    attachment: Resource = {}
    if major:
        attachment["contentType"] = media_type(major, minor)
    if kind == "RP":
        pointer = d.text_of(components, 1, marks)
        if not pointer:
            return None
        attachment["url"] = pointer
        return attachment
    data = components[4] if len(components) > 4 else ""
    if not data:
        return None
    attachment["data"] = _encoded(d.text_of(components, 4, marks), data, segment)
    return attachment


def media_type(major: str, minor: str) -> str:
    """Media type of tables 0191 and 0291, for example ``application/pdf``."""
    if "/" in major:
        return major.lower()
    if minor.upper() in ("PDF", "RTF", "MSWORD"):
        return f"application/{minor.lower()}"
    first = {"AP": "application", "AU": "audio", "IM": "image", "TEXT": "text", "FT": "text"}.get(
        major.upper(), major.lower()
    )
    return f"{first}/{minor.lower() or ('plain' if first == 'text' else 'octet-stream')}"


def _encoded(encoding: str, data: str, segment: Segment) -> str:
    try:
        if encoding.upper() == "BASE64":
            raw = base64.b64decode(re.sub(r"\s|\\\.br\\", "", data), validate=True)
        elif encoding.upper() == "HEX":
            raw = bytes.fromhex(data)
        else:
            raw = segment.delimiters.unescape(data).encode()
    except (ValueError, binascii.Error):
        raise wrong_form(
            segment.where(5),
            "以所声明编码（Base64 或 Hex）表示的数据",
            "data in the encoding that it names (Base64 or Hex)",
        ) from None
    return base64.b64encode(raw).decode()


def _lines(segment: Segment) -> str:
    marks = segment.delimiters
    return "\n".join(
        marks.unescape(one) for one in segment.raw(5).split(marks.repetition) if one != '""'
    )


def _judgement(segment: Segment, m: Mapping, observation: Resource) -> None:
    """Abnormal flags and the interval that the laboratory stated."""
    marks = segment.delimiters
    raw = segment.raw(8)
    if raw in _FLAGS:
        observation["interpretation"] = [_FLAGS[raw]]
    elif raw:
        flags: list[Resource] = []
        for one in segment.repetitions(8):
            code = d.text_of(one, 1, marks)
            if code:
                flags.append(_FLAGS.get(code) or d.concept(one, marks, m.names) or {"text": code})
        if flags:
            observation["interpretation"] = flags
    raw = segment.raw(7)
    if raw and (text := segment.whole(7).strip()):
        value = observation.get("valueQuantity")
        if value is None:
            observation["referenceRange"] = [{"text": text}]
            return
        if marks is STANDARD:
            # The unit follows from OBX-6 as it is written.
            place = f"{segment.fields[6]}\x1f{text}"
            interval = m.channel.remembered("interval", place, lambda: _interval(text, value))
        else:
            interval = _interval(text, value)
        observation["referenceRange"] = [interval]


def _interval(text: str, value: Resource) -> Resource:
    """Limits in the value's unit where the text is nothing but two numbers or one bound."""
    found: Resource = {}
    unit = {k: v for k, v in value.items() if k in ("unit", "system", "code")}
    both = _INTERVAL.fullmatch(text)
    if both and both[3].strip() in ("", unit.get("unit", "")):
        low, high = d.number_of(both[1]), d.number_of(both[2])
        if low is not None and high is not None and low <= high:
            found = {"low": d.quantity(low, unit), "high": d.quantity(high, unit)}
    elif bound := d.compared_number(text):
        # "<" and "<=" differ in whether the limit itself is normal; the text keeps that.
        found = {"high" if bound[0][0] == "<" else "low": d.quantity(bound[1], unit)}
    found["text"] = text
    return found


def _origin(segment: Segment, m: Mapping, observation: Resource) -> None:
    performers = list(m.persons(segment, 16))
    name = segment.text(23)
    if name:
        performers.append({"type": "Organization", "display": name})
    if performers:
        observation["performer"] = performers
    if method := m.concept(segment, 17):
        observation["method"] = method
    if issued := m.instant(segment, 19):
        observation["issued"] = issued
